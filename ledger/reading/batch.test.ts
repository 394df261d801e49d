import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../encoding/bytes.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { padme } from '../sealing/padme.ts';
import { arbitraryReadings } from './arbitrary.testing.ts';
import { BATCH_MAX_BYTES, decodeBatch, encodeBatch } from './batch.ts';
import { exampleReadings, exampleSalt } from './example.testing.ts';
import type { Reading } from './reading.ts';

const salt = new Uint8Array(32).fill(7);
const deflate = (bytes: Uint8Array) => new Uint8Array(deflateRawSync(bytes));
const inflate = (bytes: Uint8Array, maxOutputLength: number) =>
  new Uint8Array(inflateRawSync(bytes, { maxOutputLength }));
const asIs = (bytes: Uint8Array) => bytes;

const reading: Reading = {
  device: 'monitor',
  code: 'MDC_ECG_HEART_RATE',
  mdc: 147842,
  unit: '/min',
  value: { kind: 'decimal', mantissa: 72, exponent: 0 },
  deviceTime: null,
  wallMs: 1795168800000,
  monotonicMs: 5000,
  clock: 'synchronised',
  group: 0,
  context: null,
  counter: 0,
};

/** Series by first appearance, then arrival: the order of FORMATS.md, said another way. */
function inOrder(readings: readonly Reading[]): Reading[] {
  const name = ({ device, code, mdc, unit, value: v }: Reading) => {
    const wide = v.kind === 'decimal' && Math.abs(Number(v.mantissa)) >= 2 ** 49;
    return JSON.stringify([device, code, mdc, unit, v.kind, wide, v.kind === 'decimal' ? v.exponent : 0]);
  };
  const names = [...new Set(readings.map(name))];
  return names.flatMap((each) => readings.filter((r) => name(r) === each));
}

describe('batches', () => {
  it('have the bytes of FORMATS.md', () => {
    const content = formatExampleBytes('batch');
    const { plaintext } = encodeBatch(exampleReadings, exampleSalt, asIs);
    expect(toHex(plaintext)).toBe(toHex(concat(Uint8Array.of(0, 0, 0, content.length), content)));
    expect(decodeBatch(plaintext, asIs)).toEqual({ salt: exampleSalt, readings: exampleReadings });
  });

  it('give back salt and readings, in the order of the commitment', () => {
    fc.assert(
      fc.property(
        arbitraryReadings.filter((readings) => readings.length > 0),
        (readings) => {
          const { plaintext, ordered } = encodeBatch(readings, salt, deflate);
          expect(ordered).toEqual(inOrder(readings));
          expect(decodeBatch(plaintext, inflate)).toEqual({ salt, readings: ordered });
          expect(padme(plaintext.length)).toBe(plaintext.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('keep a waveform as one run', () => {
    const wave = Array.from({ length: 40 }, (_, block): Reading => {
      const samples = Int32Array.from({ length: 250 }, (_, i) => Math.round(1000 * Math.sin((block * 250 + i) / 40)));
      const value = { kind: 'samples', periodUs: 4000, scale: { mantissa: 5, exponent: -3 }, samples } as const;
      return { ...reading, value, counter: block, group: block, wallMs: reading.wallMs + block * 1000 };
    });
    const { plaintext, ordered } = encodeBatch(wave, salt, deflate);
    expect(decodeBatch(plaintext, inflate).readings).toEqual(ordered);
    expect(plaintext.length / 10_000).toBeLessThan(0.6);
  });

  it('cost at most 1.5 bytes a reading for vital signs each second', () => {
    const readings: Reading[] = [];
    let seed = 42;
    const noise = (size: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return Math.round((seed / 0x7fffffff - 0.5) * size);
    };
    for (let second = 0; second < 300; second++) {
      const wallMs = reading.wallMs + second * 1000 + noise(6);
      const monotonicMs = wallMs - 1795168000000;
      const deviceTime = new Date(reading.wallMs + second * 1000).toISOString();
      for (let i = 0; i < 10; i++) {
        const mantissa = Math.round(80 + 10 * Math.sin(second / 30 + i)) + noise(3);
        const value = { kind: 'decimal', mantissa, exponent: i % 3 === 0 ? -1 : 0 } as const;
        const counter = readings.length;
        readings.push({ ...reading, code: `MDC_${i}`, value, wallMs, monotonicMs, deviceTime, group: second, counter });
      }
    }
    expect(encodeBatch(readings, salt, deflate).plaintext.length / readings.length).toBeLessThan(1);
  });

  it('refuse no readings, too many, a short salt, a reading out of bounds', () => {
    const code = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return isVitalsealError(error) ? error.code : error;
      }
      return null;
    };
    expect(code(() => encodeBatch([], salt, deflate))).toBe('batch_invalid');
    expect(code(() => encodeBatch(new Array(65_537).fill(reading), salt, deflate))).toBe('batch_invalid');
    expect(code(() => encodeBatch([reading], salt.subarray(1), deflate))).toBe('batch_invalid');
    for (const fault of [
      { counter: -1 },
      { wallMs: 0.5 },
      { unit: 'x'.repeat(999) },
      { context: new Map([[-1, 1]]) },
    ]) {
      expect(code(() => encodeBatch([{ ...reading, ...fault }], salt, deflate))).toBe('reading_invalid');
    }
  });

  it('refuse a bomb, other padding, and what does not inflate', () => {
    const refuse = (bytes: Uint8Array, port = inflate) =>
      expect(() => decodeBatch(bytes, port)).toThrow(expect.objectContaining({ code: 'batch_invalid' }));
    const { plaintext } = encodeBatch([reading], salt, deflate);
    refuse(new Uint8Array());
    refuse(plaintext.subarray(0, -1));
    refuse(new Uint8Array([...plaintext, 0]));
    const dirty = plaintext.slice();
    dirty[dirty.length - 1] = 1;
    refuse(dirty);
    refuse(plaintext, () => new Uint8Array(BATCH_MAX_BYTES + 1));
    const bomb = deflate(new Uint8Array(BATCH_MAX_BYTES + 1));
    const framed = new Uint8Array(padme(4 + bomb.length));
    new DataView(framed.buffer).setUint32(0, bomb.length);
    framed.set(bomb, 4);
    refuse(framed);
  });

  it('throw nothing but batch_invalid on flipped, cut and arbitrary content', () => {
    const frame = (content: Uint8Array) => {
      const framed = new Uint8Array(padme(4 + content.length));
      new DataView(framed.buffer).setUint32(0, content.length);
      framed.set(content, 4);
      return framed;
    };
    const check = (content: Uint8Array) => {
      try {
        // What is taken must be within the bounds of a reading.
        encodeBatch(decodeBatch(frame(content), asIs).readings, salt, asIs);
      } catch (error) {
        expect(isVitalsealError(error, 'batch_invalid')).toBe(true);
      }
    };
    const some = arbitraryReadings.filter((readings) => readings.length > 0 && readings.length < 12);
    fc.assert(
      fc.property(some, fc.nat(), fc.nat(255), (readings, place, value) => {
        const { plaintext } = encodeBatch(readings, salt, asIs);
        const content = plaintext.slice(4, 4 + new DataView(plaintext.buffer).getUint32(0));
        check(content.subarray(0, place % content.length));
        // Past version and salt, where flips matter.
        content[33 + (place % (content.length - 33))] = value;
        check(content);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => check(Uint8Array.of(1, ...salt, ...bytes))));
  });
});
