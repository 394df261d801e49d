import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padme } from './padme.ts';

describe('padme', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [8, 8],
    [9, 10],
    [100, 104],
    [1000, 1024],
    [1025, 1088],
    [10_000, 10_240],
    [1_000_000, 1_015_808],
  ])('pads %d to %d', (length, padded) => {
    expect(padme(length)).toBe(padded);
  });

  it('is the bit arithmetic of the paper, never smaller, at most 12 % larger, and leaves its own sizes alone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(100_000), fc.integer({ min: 2, max: 2 ** 40 })), (length) => {
        const padded = padme(length);
        if (length >= 2) {
          const e = BigInt(BigInt(length).toString(2).length - 1);
          const s = BigInt(e.toString(2).length);
          const mask = (1n << (e - s > 0n ? e - s : 0n)) - 1n;
          expect(BigInt(padded)).toBe(e === 0n ? BigInt(length) : (BigInt(length) + mask) & ~mask);
        }
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(padded).toBeLessThanOrEqual(Math.ceil(length * 1.12));
        expect(padme(padded)).toBe(padded);
      }),
    );
  });
});
