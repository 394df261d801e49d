import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, parseDecimalText, rounded } from './reading.ts';

describe('decimals', () => {
  it.each([
    [{ mantissa: 368, exponent: -1 }, '36.8'],
    [{ mantissa: -5, exponent: -3 }, '-0.005'],
    [{ mantissa: 0, exponent: -2 }, '0.00'],
    [{ mantissa: 12, exponent: 2 }, '1200'],
    [{ mantissa: 0, exponent: 2 }, '0'],
  ])('%j is written %s', (decimal, text) => {
    expect(decimalText(decimal)).toBe(text);
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -9, max: 4 }), (mantissa, exponent) => {
        const parsed = parseDecimalText(decimalText({ mantissa, exponent }));
        expect(Number(parsed?.mantissa) * 10 ** Number(parsed?.exponent)).toBeCloseTo(mantissa * 10 ** exponent, 4);
      }),
    );
  });

  it.each(['', '.', '-', 'NaN', '1,5', '0x10', '1e999', '12345678901234567', ' 1'])('refuses %j', (text) => {
    expect(parseDecimalText(text)).toBeNull();
  });

  it('round as a display does, and know no negative zero', () => {
    expect(rounded(36.84, 1)).toEqual({ kind: 'decimal', mantissa: 368, exponent: -1 });
    expect(Object.is(rounded(-0.01, 1).mantissa, 0)).toBe(true);
  });
});
