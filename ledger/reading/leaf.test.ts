import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../encoding/bytes.ts';
import { type CborValue, encodeCbor } from '../encoding/cbor.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { arbitraryReading } from './arbitrary.testing.ts';
import { ByteWriter } from './byte-writer.ts';
import { exampleReadings } from './example.testing.ts';
import { decodeReading, encodeReading } from './leaf.ts';
import { CLOCK_QUALITIES, type Reading, SPECIAL_VALUES } from './reading.ts';
import { writeSamples } from './samples.ts';

const example: Reading = {
  ...(exampleReadings[0] as Reading),
  deviceTime: '2026-11-20T10:00:00.250Z',
  context: new Map<number, CborValue>([[4, 7]]),
};

/** The map as FORMATS.md writes it, encoded by the general encoder. */
function byDefinition(r: Reading): Uint8Array {
  const v = r.value;
  const samples = new ByteWriter();
  if (v.kind === 'samples') writeSamples(samples, v.samples);
  const value: CborValue =
    v.kind === 'decimal'
      ? [0, v.mantissa, v.exponent]
      : v.kind === 'special'
        ? [1, SPECIAL_VALUES.indexOf(v.special)]
        : v.kind === 'text'
          ? [2, v.text]
          : v.kind === 'flag'
            ? [3, v.flag]
            : v.kind === 'bytes'
              ? [4, v.bytes]
              : [5, v.periodUs, [v.scale.mantissa, v.scale.exponent], samples.take()];
  const clock = CLOCK_QUALITIES.indexOf(r.clock);
  const fields = [r.device, r.code, r.mdc, r.unit, value, r.deviceTime, r.wallMs, r.monotonicMs, clock, r.group];
  return encodeCbor(new Map<number, CborValue>([...fields, r.context, r.counter].map((field, i) => [i + 1, field])));
}

describe('encodeReading', () => {
  it('gives the bytes of FORMATS.md', () => {
    expect(toHex(encodeReading(exampleReadings[0] as Reading))).toBe(toHex(formatExampleBytes('reading')));
  });

  it('equals the general encoder, and decodes to the same reading', () => {
    fc.assert(
      fc.property(arbitraryReading, (reading) => {
        const bytes = encodeReading(reading);
        expect(toHex(bytes)).toBe(toHex(byDefinition(reading)));
        expect(decodeReading(bytes)).toEqual(reading);
      }),
      { numRuns: 2000 },
    );
  });

  it('sorts context keys and writes texts in canonical form', () => {
    const context = new Map<number, CborValue>([
      [300, 'e\u0301'],
      [2, true],
    ]);
    const bytes = encodeReading({ ...example, context, device: 'cafe\u0301' });
    const back = decodeReading(bytes);
    expect(back.device).toBe('café');
    expect([...(back.context ?? [])]).toEqual([
      [2, true],
      [300, 'é'],
    ]);
  });

  it.each([
    ['device', 'x'.repeat(257)],
    ['unit', '\u20ac'.repeat(86)],
    ['mdc', 2 ** 32],
    ['mdc', 0.5],
    ['wallMs', 2 ** 48],
    ['wallMs', Number.NaN],
    ['group', -1],
    ['counter', 1.5],
    ['value', { kind: 'decimal', mantissa: 0.1, exponent: 0 }],
    ['value', { kind: 'decimal', mantissa: 2n ** 63n, exponent: 0 }],
    ['value', { kind: 'decimal', mantissa: 1, exponent: 401 }],
    ['value', { kind: 'text', text: 'x'.repeat(16_385) }],
    ['value', { kind: 'bytes', bytes: new Uint8Array(65_537) }],
    ['value', { kind: 'samples', periodUs: 0, scale: { mantissa: 1, exponent: 0 }, samples: new Int32Array(1) }],
    ['value', { kind: 'other' }],
    ['context', new Map([[-1, 1]])],
    ['context', new Map([[1, 0.5]])],
    ['context', new Map([[1, 'x'.repeat(5000)]])],
  ])('refuses %s out of bounds', (key, value) => {
    expect(() => encodeReading({ ...example, [key]: value } as Reading)).toThrow(
      expect.objectContaining({ code: 'reading_invalid' }),
    );
  });
});

describe('decodeReading', () => {
  it('throws nothing but reading_invalid on flipped, cut and arbitrary bytes', () => {
    const refused = (bytes: Uint8Array): boolean => {
      try {
        decodeReading(bytes);
        return false;
      } catch (error) {
        expect(isVitalsealError(error, 'reading_invalid')).toBe(true);
        return true;
      }
    };
    fc.assert(
      fc.property(arbitraryReading, fc.nat(), fc.nat(7), (reading, place, bit) => {
        const bytes = encodeReading(reading);
        expect(refused(bytes.subarray(0, place % bytes.length))).toBe(true);
        bytes[place % bytes.length] = (bytes[place % bytes.length] as number) ^ (1 << bit);
        refused(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(refused(bytes)).toBe(true);
      }),
    );
  });
});
