import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { concat, equalBytes, fromHex, toHex } from './bytes.ts';
import { type CborValue, canonicalText, decodeCbor, encodeCbor } from './cbor.ts';

const map = (...entries: [number | string, CborValue][]) => new Map<number | string, CborValue>(entries);

const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
  fc.string({ unit: 'grapheme' }).map(canonicalText),
  fc.uint8Array({ maxLength: 40 }),
);
const key = fc.oneof(fc.integer(), fc.string({ unit: 'grapheme', maxLength: 5 }).map(canonicalText));
const value: fc.Arbitrary<CborValue> = fc.letrec<{ any: CborValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'cbor' },
    leaf,
    fc.array(tie('any'), { maxLength: 5, depthIdentifier: 'cbor' }),
    fc
      .uniqueArray(fc.tuple(key, tie('any')), { maxLength: 5, selector: ([k]) => k, depthIdentifier: 'cbor' })
      .map((e) => map(...e)),
  ),
})).any;

const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};

/** RFC 8949 appendix A, as far as Vitalseal's kind of CBOR goes. */
const appendixA: [string, CborValue][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '𐅑'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', map()],
  ['a201020304', map([1, 2], [3, 4])],
  ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
  ['826161a161626163', ['a', map(['b', 'c'])]],
];

/** Also of appendix A, or of section 4.2: well-formed, and not of our kind. */
const refused: Record<string, string[]> = {
  floats: ['f90000', 'f93c00', 'fb3ff199999999999a', 'fa47c35000', 'f97c00', 'f97e00', 'fb7ff8000000000000'],
  'tags and simple values': [
    'c249010000000000000000',
    'c074323031332d30332d32315432303a30343a30305a',
    'd74401020304',
    'f7',
    'f0',
    'f8ff',
    'f818',
  ],
  'indefinite lengths': [
    '5f42010243030405ff',
    '7f657374726561646d696e67ff',
    '9fff',
    '9f018202039f0405ffff',
    'bf61610161629f0203ffff',
    'ff',
  ],
  'longer than needed': [
    '1817',
    '190018',
    '1a00000018',
    '1b0000000000000018',
    '3800',
    '580100',
    '7801' + '61',
    '9801' + '00',
    'b8010000',
    '1b001fffffffffff'.replace('1b001f', '1b0000'),
  ],
  'unsorted or repeated keys': ['a203040102', 'a201020103', 'a2616201616101', 'a2616101' + '0102', 'a220010001'],
  'other keys': ['a1400000', 'a1f600', 'a18000', 'a1f400', 'a1a000'],
  'texts that are not NFC UTF-8': ['62c328', '61ff', '63eda080', '63' + '65cc81', '66efbbbf616263'],
  'cut short or too long': [
    '',
    '18',
    '1900',
    '4401',
    '6261',
    '8201',
    'a101',
    '0000',
    'f600',
    '9b00ffffffffffffff',
    'bb7fffffffffffffff',
    '5bffffffffffffffff',
    '9bffffffffffffffff',
  ],
  'reserved heads': ['1c', '1d', '1e', '1f', '3c', '5c', 'fc', 'dc00'],
};

describe('deterministic CBOR', () => {
  it.each(appendixA)('RFC 8949 appendix A: %s', (hex, example) => {
    expect(toHex(encodeCbor(example))).toBe(hex);
    expect(decodeCbor(fromHex(hex))).toEqual(example);
  });

  it.each(Object.entries(refused).flatMap(([why, list]) => list.map((hex) => [why, hex] as const)))(
    'refuses %s: %s',
    (_why, hex) => {
      expect(code(() => decodeCbor(fromHex(hex)))).toBe('cbor_invalid');
    },
  );

  it('is the example of FORMATS.md', () => {
    const example = map([1, 'Zürich'], [2, null], [3, [-300, Uint8Array.of(1, 2)]], [24, true]);
    expect(encodeCbor(example)).toEqual(formatExampleBytes('cbor'));
    expect(decodeCbor(formatExampleBytes('cbor'))).toEqual(example);
  });

  it('sorts keys by their encoded bytes (section 4.2.1)', () => {
    const keys: (number | string)[] = ['aa', 'b', '', 100, -1, 24, 10, 0, -500];
    const encoded = encodeCbor(map(...keys.map((k): [number | string, CborValue] => [k, 0])));
    expect([...(decodeCbor(encoded) as Map<number | string, CborValue>).keys()]).toEqual([
      0,
      10,
      24,
      100,
      -1,
      -500,
      '',
      'b',
      'aa',
    ]);
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(value, (v) => {
        expect(decodeCbor(encodeCbor(v))).toEqual(v);
      }),
    );
  });

  it('has one encoding: what decodes, encodes to the same bytes', () => {
    const nearly = fc.tuple(value, fc.nat(), fc.nat(255)).map(([v, at, byte]) => {
      const bytes = encodeCbor(v).slice();
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), nearly), (bytes) => {
        try {
          expect(equalBytes(encodeCbor(decodeCbor(bytes)), bytes)).toBe(true);
        } catch (error) {
          if (!(error instanceof VitalsealError)) throw error;
          expect(error.code).toBe('cbor_invalid');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('writes texts in canonical form', () => {
    expect(decodeCbor(encodeCbor('e\u0301'))).toBe('é');
    expect(decodeCbor(encodeCbor('\uFEFFa'))).toBe('a');
    expect(decodeCbor(encodeCbor('\ud800'))).toBe('\ufffd');
    expect(decodeCbor(encodeCbor([map(['e\u0301', ['e\u0301']])]))).toEqual([map(['é', ['é']])]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(canonicalText(canonicalText(text))).toBe(canonicalText(text));
        expect(decodeCbor(encodeCbor(text))).toBe(canonicalText(text));
      }),
    );
  });

  it('does not encode what it would not decode', () => {
    const bad = [
      1.5,
      Number.NaN,
      Infinity,
      2 ** 53,
      undefined,
      { a: 1 },
      2n ** 64n,
      new Date(0),
      () => 0,
      Symbol('x'),
      [1.5],
      map([1, undefined as never]),
    ];
    for (const v of bad)
      expect(
        code(() => encodeCbor(v as never)),
        String(v),
      ).toBe('cbor_invalid');
    expect(encodeCbor(-0)).toEqual(Uint8Array.of(0));
  });

  it('bounds size and depth before it works', () => {
    expect(code(() => decodeCbor(new Uint8Array(11), { maxBytes: 10 }))).toBe('cbor_invalid');
    const nested = (n: number) => concat(new Uint8Array(n).fill(0x81), Uint8Array.of(0));
    expect(code(() => decodeCbor(nested(16)))).toBe('accepted');
    expect(code(() => decodeCbor(nested(17)))).toBe('cbor_invalid');
    expect(code(() => decodeCbor(nested(1_000_000)))).toBe('cbor_invalid');
  });

  it('bounds the items before it makes any: each byte of empty arrays costs a hundred of memory', () => {
    const empty = (n: number) => concat(Uint8Array.of(0x99, n >>> 8, n & 255), new Uint8Array(n).fill(0x80));
    expect(code(() => decodeCbor(empty(999), { maxItems: 1000 }))).toBe('accepted');
    expect(() => decodeCbor(empty(1000), { maxItems: 1000 })).toThrow('more than 1000 items');
    expect(() => decodeCbor(encodeCbor(map([1, 2])), { maxItems: 2 })).toThrow('more than 2 items');
  });

  it('copies byte strings, so that they do not keep or follow what they came from', () => {
    const bytes = encodeCbor(Uint8Array.of(1, 2, 3)).slice();
    const decoded = decodeCbor(bytes) as Uint8Array;
    bytes.fill(9);
    expect(decoded).toEqual(Uint8Array.of(1, 2, 3));
  });
});
