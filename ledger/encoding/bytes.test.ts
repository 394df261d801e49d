import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVitalsealError } from '../errors.ts';
import {
  concat,
  equalBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 100 });
const refused = (work: () => unknown) => {
  try {
    work();
    return false;
  } catch (error) {
    return isVitalsealError(error, 'text_invalid');
  }
};

describe('texts of bytes', () => {
  it('go there and back', () => {
    fc.assert(
      fc.property(bytes, (b) => {
        expect(fromHex(toHex(b))).toEqual(b);
        expect(fromBase64(toBase64(b))).toEqual(b);
        expect(fromBase64Url(toBase64Url(b))).toEqual(b);
        expect(toBase64(b)).toBe(Buffer.from(b).toString('base64'));
        expect(toBase64Url(b)).toBe(Buffer.from(b).toString('base64url'));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
    expect(toBase64(new Uint8Array(100_000))).toHaveLength(133_336);
  });

  it('knows the examples of RFC 4648 section 10', () => {
    const examples = {
      '': '',
      f: 'Zg==',
      fo: 'Zm8=',
      foo: 'Zm9v',
      foob: 'Zm9vYg==',
      fooba: 'Zm9vYmE=',
      foobar: 'Zm9vYmFy',
    };
    for (const [text, base64] of Object.entries(examples)) {
      expect(toBase64(utf8(text))).toBe(base64);
      expect(fromUtf8(fromBase64(base64))).toBe(text);
    }
  });

  it.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Zg==\n', ' Zg==', 'Z===', '====', 'Zm9-', 'Zg==Zg=='])(
    'refuses %j as base64',
    (text) => {
      expect(refused(() => fromBase64(text))).toBe(true);
    },
  );

  it.each(['Z', 'Zg==', 'Zh', 'Zm+_'])('refuses %j as base64url', (text) => {
    expect(refused(() => fromBase64Url(text))).toBe(true);
  });

  it('refuses what is not hex, not of the length, not UTF-8', () => {
    for (const text of ['0', '0g', ' 00', '0x00', '00\n']) expect(refused(() => fromHex(text))).toBe(true);
    expect(refused(() => fromHex('0000', 3))).toBe(true);
    expect(fromHex('00fF')).toEqual(Uint8Array.of(0, 255));
    for (const hex of ['ff', 'c0af', 'eda080', '80']) expect(refused(() => fromUtf8(fromHex(hex)))).toBe(true);
  });
});

describe('bytes', () => {
  it('are joined and compared', () => {
    expect(concat()).toEqual(new Uint8Array(0));
    expect(concat(utf8('ab'), utf8(''), utf8('c'))).toEqual(utf8('abc'));
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      }),
    );
  });
});
