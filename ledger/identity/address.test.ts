import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../encoding/bytes.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExample } from '../format-example.testing.ts';
import { addressOf, formatAddress, parseAddress } from './address.ts';
import { signingKeyOf } from './ed25519.ts';

const refused = (text: string): boolean => {
  try {
    parseAddress(text);
    return false;
  } catch (error) {
    return isVitalsealError(error, 'address_invalid');
  }
};

describe('addresses', () => {
  const example = formatExample('address');
  const address = addressOf(signingKeyOf(new Uint8Array(32).fill(1)).publicKey);

  it('are the example of FORMATS.md', () => {
    expect(toHex(address)).toBe('34750f98bd59fcfc946da45aaabe933be154a4b5');
    expect(formatAddress(address)).toBe(example);
    expect(parseAddress(example)).toEqual(address);
    expect(parseAddress(example.toUpperCase())).toEqual(address);
  });

  it('go there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes);
      }),
    );
  });

  it('refuse every single mistyped character', () => {
    for (let at = 0; at < example.length; at++) {
      for (const other of 'qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio ') {
        if (other !== example[at]) expect(refused(example.slice(0, at) + other + example.slice(at + 1))).toBe(true);
      }
      expect(refused(example.slice(0, at) + example.slice(at + 1))).toBe(true);
    }
  });

  it.each([
    // Of BIP 350: valid bech32m, but no address; then invalid bech32m.
    'A1LQFN3A',
    'a1lqfn3a',
    'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx',
    '?1v759aa',
    '\u00201xj0phk',
    'an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4',
    'qyrz8wqd2c9m',
    '1qyrz8wqd2c9m',
    'y1b0jsk6g',
    'lt1igcx5c0',
    'in1muywd',
    'mm1crxm3i',
    'au1s5cgom',
    'M1VUXWEZ',
    '16plkw9',
    '1p2gdwpf',
    '',
  ])('refuse %j', (text) => expect(refused(text)).toBe(true));

  it('refuse mixed case, bech32, another prefix and another length', () => {
    expect(refused(example.toUpperCase().replace('VS1', 'vs1'))).toBe(true);
    // The same 20 bytes, as bech32, and under another prefix.
    expect(refused('vs1x36slx9at870e9rd53d2405n80s4ff949a26t5')).toBe(true);
    expect(refused(`bc${example.slice(2)}`)).toBe(true);
    expect(() => formatAddress(fromHex('00'.repeat(21)))).toThrow();
  });
});
