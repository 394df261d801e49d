import { fromHex, isVitalsealError } from '@vitalseal/ledger';
import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CborItem, parseCbor } from './cbor.ts';

const read = (hex: string): CborItem => parseCbor(fromHex(hex.replaceAll(' ', '')));

describe('parseCbor', () => {
  it.each([
    // RFC 8949 appendix A
    ['00', { mantissa: 0, exponent: 0 }],
    ['3903e7', { mantissa: -1000, exponent: 0 }],
    ['1bffffffffffffffff', null],
    ['f93e00', { mantissa: 15, exponent: -1 }],
    ['f97bff', { mantissa: 65500, exponent: 0 }],
    ['fa47c35000', { mantissa: 100000, exponent: 0 }],
    ['fb3ff199999999999a', { mantissa: 11, exponent: -1 }],
    ['f97e00', { special: 'NaN' }],
    ['f9fc00', { special: '-INF' }],
    ['c48221196ab3', { mantissa: 27315, exponent: -2 }],
    ['f4', false],
    ['f6', null],
    ['6161', 'a'],
    [
      '9f0102ff',
      [
        { mantissa: 1, exponent: 0 },
        { mantissa: 2, exponent: 0 },
      ],
    ],
  ] as const)('%s', (hex, item) => {
    if (hex === '1bffffffffffffffff')
      expect(() => read(hex)).toThrow(expect.objectContaining({ code: 'value_malformed' }));
    else expect(read(hex)).toEqual(item);
  });

  it('gives the shortest decimal of the width that was sent', () => {
    expect(read('fa4144cccd')).toEqual({ mantissa: 123, exponent: -1 }); // 12.3 as float32
    expect(read('fb40289999a0000000')).toEqual({ mantissa: 12300000190734863n, exponent: -15 });
  });

  it.each([
    ['', 'nothing'],
    ['0000', 'two items'],
    ['18', 'a cut argument'],
    ['5b7fffffffffffffff', 'a length beyond the payload'],
    ['9b7fffffffffffffff', 'an array beyond the payload'],
    ['bb7fffffffffffffff', 'a map beyond the payload'],
    ['7f6161ff', 'an indefinite text'],
    ['5f4101ff', 'an indefinite byte string'],
    ['ff', 'a lone break'],
    ['bf00ff', 'a break in place of a value'],
    ['1c', 'a reserved length'],
    ['f7', 'undefined'],
    ['f820', 'a simple value'],
    ['61ff', 'invalid UTF-8'],
    ['a200010002', 'a key twice'],
    ['a1f401', 'a flag as a key'],
    ['c11a514b67b0', 'another tag'],
    ['c48201f93e00', 'a decimal fraction of a float'],
    ['c482c20102', 'a decimal fraction with a bignum'],
    ['818181818181818181818100', 'depth'],
    ['c4c4c4c4c4c4c4c4c4c4c4c400', 'tags in depth'],
  ])('refuses %s: %s', (hex) => {
    expect(() => read(hex)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(payload|value)_malformed$/) }),
    );
  });

  it('reads what cborg writes', () => {
    const keys = fc.string({ unit: 'grapheme-ascii', maxLength: 8 });
    fc.assert(
      fc.property(
        fc.dictionary(keys, fc.oneof(fc.boolean(), fc.string({ maxLength: 20 })), { maxKeys: 10 }),
        (object) => {
          expect(Object.fromEntries(parseCbor(encode(object)) as Map<string, CborItem>)).toEqual({ ...object });
        },
      ),
    );
  });

  it('throws decode errors only, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseCbor(bytes);
        } catch (error) {
          if (!isVitalsealError(error)) throw error;
        }
      }),
      { numRuns: 5000 },
    );
  });
});
