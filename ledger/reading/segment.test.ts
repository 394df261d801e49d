import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../encoding/bytes.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { arbitraryReading, arbitraryReadings } from './arbitrary.testing.ts';
import { exampleReadings as example } from './example.testing.ts';
import type { Reading } from './reading.ts';
import { decodeSegment, encodeSegment } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

const counted = (readings: readonly Reading[], first = 0) => readings.map((r, i) => ({ ...r, counter: first + i }));

describe('segments', () => {
  it('have the bytes of FORMATS.md', () => {
    expect(toHex(encodeSegment(example))).toBe(toHex(formatExampleBytes('segment')));
  });

  it('give back every reading', () => {
    fc.assert(
      fc.property(arbitraryReadings, fc.nat(), (readings, first) => {
        expect(decodeSegment(encodeSegment(readings), first)).toEqual(counted(readings, first));
      }),
      { numRuns: 1000 },
    );
  });

  it('can be written one after another by one writer, whose length is known at any time', () => {
    const writer = new SegmentWriter(1);
    for (let round = 0; round < 3; round++) {
      for (const reading of example) writer.append(reading);
      expect(writer.count).toBe(2);
      const length = writer.byteLength;
      const bytes = writer.finish();
      expect(bytes.length).toBe(length);
      expect(toHex(bytes)).toBe(toHex(encodeSegment(example)));
      expect(writer.count).toBe(0);
    }
  });

  it('are left as they were by a reading that is refused', () => {
    const reading = example[0] as Reading;
    const faults: Partial<Record<keyof Reading, unknown>>[] = [
      { device: 'x'.repeat(300) },
      { mdc: -1 },
      { wallMs: 2 ** 48, code: 'new' },
      { group: -1 },
      { clock: 'good' },
      { deviceTime: 'x'.repeat(300) },
      { value: { kind: 'decimal', mantissa: 0.5, exponent: 0 } },
      { value: { kind: 'decimal', mantissa: 5, exponent: 1000 } },
      { context: new Map([[1, 0.5]]) },
    ];
    for (const fault of faults) {
      const writer = new SegmentWriter();
      writer.append(reading);
      expect(() => writer.append({ ...reading, ...fault } as Reading)).toThrow(
        expect.objectContaining({ code: 'reading_invalid' }),
      );
      writer.append(reading);
      expect(decodeSegment(writer.finish())).toEqual(counted([reading, reading]));
    }
  });

  it('throw nothing but segment_invalid on flipped, cut and arbitrary bytes', () => {
    const check = (bytes: Uint8Array) => {
      try {
        // What is taken must be within the bounds of a reading.
        encodeSegment(decodeSegment(bytes));
      } catch (error) {
        expect(isVitalsealError(error, 'segment_invalid')).toBe(true);
      }
    };
    fc.assert(
      fc.property(fc.array(arbitraryReading, { maxLength: 5 }), fc.nat(), fc.nat(255), (readings, place, value) => {
        const bytes = encodeSegment(readings);
        check(bytes.subarray(0, place % bytes.length));
        bytes[place % bytes.length] = value;
        check(bytes);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        check(bytes);
        check(Uint8Array.of(1, ...bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
