import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as browser from './crypto.browser.ts';
import * as node from './crypto.ts';
import { concat, fromHex, toHex, utf8 } from './encoding/bytes.ts';

const bytes = (max = 200) => fc.uint8Array({ maxLength: max });
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe.each([
  ['node', node],
  ['browser', browser],
])('crypto on %s', (_name, crypto) => {
  it('hashes the examples of FIPS 180-4', () => {
    expect(toHex(crypto.sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(toHex(crypto.sha256())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('computes case 2 of RFC 4231 and case 1 of RFC 5869', () => {
    expect(toHex(crypto.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    const okm = crypto.hkdfSha256(
      new Uint8Array(22).fill(11),
      fromHex('000102030405060708090a0b0c'),
      fromHex('f0f1f2f3f4f5f6f7f8f9'),
      42,
    );
    expect(toHex(okm)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });

  // RFC 8032 section 7.1, tests 1 to 3: seed, public key, message, signature.
  it.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ])('signs as RFC 8032 does (seed %s)', (secret, publicKey, message, signature) => {
    expect(toHex(crypto.ed25519PublicKey(fromHex(secret)))).toBe(publicKey);
    expect(toHex(crypto.ed25519Sign(fromHex(secret), fromHex(message)))).toBe(signature);
    expect(crypto.ed25519VerifyNative(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
    expect(crypto.ed25519VerifyNative(fromHex(publicKey), utf8('another'), fromHex(signature))).toBe(false);
  });

  it('refuses a seed of another length', () => {
    expect(() => crypto.ed25519Sign(new Uint8Array(31), utf8('x'))).toThrow(TypeError);
    expect(() => crypto.ed25519PublicKey(new Uint8Array(33))).toThrow(TypeError);
  });

  it('compares, and draws as many bytes as asked', () => {
    expect(crypto.constantTimeEqual(utf8('ab'), utf8('ab'))).toBe(true);
    expect(crypto.constantTimeEqual(utf8('ab'), utf8('ac'))).toBe(false);
    expect(crypto.constantTimeEqual(utf8('ab'), utf8('abc'))).toBe(false);
    expect(crypto.randomBytes(33)).toHaveLength(33);
  });
});

describe('node and browser', () => {
  it('give the same answers', () => {
    fc.assert(
      fc.property(seed, bytes(), bytes(), bytes(), fc.integer({ min: 1, max: 100 }), (key, a, b, c, n) => {
        expect(browser.sha256(a, b, c)).toEqual(node.sha256(a, b, c));
        expect(node.sha256(concat(a, b, c))).toEqual(node.sha256(a, b, c));
        expect(browser.hmacSha256(a, b)).toEqual(node.hmacSha256(a, b));
        expect(browser.hkdfSha256(a, b, c, n)).toEqual(node.hkdfSha256(a, b, c, n));
        expect(browser.ed25519PublicKey(key)).toEqual(node.ed25519PublicKey(key));
        expect(browser.ed25519Sign(key, a)).toEqual(node.ed25519Sign(key, a));
      }),
      { numRuns: 50 },
    );
  });

  it('are swapped by package.json, and have the same exports', () => {
    const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
    expect(manifest.browser).toEqual({ './crypto.ts': './crypto.browser.ts' });
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });
});
