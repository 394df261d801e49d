import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CborValue, encodeCbor } from '../encoding/cbor.ts';
import { decodeOwnPart, decodeProofExtra, encodeOwnPart, encodeProofExtra } from './extra.ts';

const bytes = fc.uint8Array({ maxLength: 60 });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anything = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.boolean(),
  bytes,
  fc.constant('text'),
  fc.array(fc.oneof(bytes, fc.integer()), { maxLength: 3 }),
);

describe('what travels with a proof', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(
        fc.option(fc.constant('— a AAAAAAA=\n')),
        fc.array(bytes, { maxLength: 64 }),
        (seenSignatures, chain) => {
          expect(decodeProofExtra(encodeProofExtra({ seenSignatures, chain }))).toEqual({ seenSignatures, chain });
        },
      ),
    );
    fc.assert(
      fc.property(fc.option(bytes), fc.nat(), fc.array(hash, { maxLength: 53 }), (entry, seq, path) => {
        expect(decodeOwnPart(encodeOwnPart({ entry, seq, path }))).toEqual({ entry, seq, path });
      }),
    );
  });

  it('is refused as an invalid proof whenever it is anything else', () => {
    const shaped = fc
      .tuple(anything, anything, anything)
      .map((values) => encodeCbor(new Map(values.map((value, i) => [i + 1, value]))));
    fc.assert(
      fc.property(fc.oneof(bytes, shaped), (hostile) => {
        for (const decode of [decodeProofExtra, decodeOwnPart]) {
          try {
            decode(hostile);
          } catch (error) {
            expect(error).toMatchObject({ code: 'proof_invalid' });
          }
        }
      }),
    );
  });

  it('is refused with any part of another kind', () => {
    const parts = (...values: CborValue[]) => encodeCbor(new Map(values.map((value, i) => [i + 1, value])));
    const entry = new Uint8Array(3);
    expect(decodeProofExtra(parts('lines', [entry]))).toEqual({ seenSignatures: 'lines', chain: [entry] });
    for (const bad of [
      parts(5, []),
      parts(entry, []),
      parts(null, 'x'),
      parts(null, [5]),
      parts(null),
      parts(null, [], 1),
    ]) {
      expect(() => decodeProofExtra(bad)).toThrow(/malformed/);
    }
    expect(decodeOwnPart(parts(entry, 0, []))).toEqual({ entry, seq: 0, path: [] });
    for (const bad of [parts(5, 0, []), parts(entry, -1, []), parts(entry, 2n ** 60n, []), parts(entry, null, [])]) {
      expect(() => decodeOwnPart(bad)).toThrow(/malformed/);
    }
    for (const bad of [parts(entry, 0, entry), parts(entry, 0, [entry]), parts(entry, 0), parts(entry, 0, [], 1)]) {
      expect(() => decodeOwnPart(bad)).toThrow(/malformed/);
    }
  });

  it('is bounded', () => {
    const long = { seenSignatures: null, chain: Array.from({ length: 65 }, () => new Uint8Array(1)) };
    expect(() => decodeProofExtra(encodeProofExtra(long))).toThrow(/malformed/);
    const deep = { entry: null, seq: 1, path: Array.from({ length: 54 }, () => new Uint8Array(32)) };
    expect(() => decodeOwnPart(encodeOwnPart(deep))).toThrow(/malformed/);
    expect(() => decodeOwnPart(new Uint8Array(100_000))).toThrow(/malformed/);
  });
});
