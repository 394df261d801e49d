import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVitalsealError } from '../errors.ts';
import { formatExampleBytes } from '../format-example.testing.ts';
import { signingKeyOf, verifyEd25519 } from '../identity/ed25519.ts';
import { concat, equalBytes, fromHex, toHex, utf8 } from './bytes.ts';
import { encodeCbor } from './cbor.ts';
import { openCose, signCose, verifyCose } from './cose.ts';

const key = signingKeyOf(new Uint8Array(32).fill(1));
const sign = (payload: Uint8Array) => signCose(payload, key.secretKey, key.publicKey);
const none = new Uint8Array(0);

const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};

describe('COSE_Sign1', () => {
  it('is the example of FORMATS.md', () => {
    expect(toHex(sign(utf8('reading')))).toBe(toHex(formatExampleBytes('cose')));
    expect(verifyCose(formatExampleBytes('cose'))).toEqual({ payload: utf8('reading'), kid: key.publicKey });
  });

  it('is what generic CBOR would write (RFC 9052 sections 4.2 and 4.4)', () => {
    const header = encodeCbor(
      new Map<number, number | Uint8Array>([
        [1, -8],
        [4, key.publicKey],
      ]),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.constantFrom(23, 24, 255, 256, 65535, 65536).map((n) => new Uint8Array(n)),
        ),
        (payload) => {
          const bytes = sign(payload);
          const { signature, signedBytes, kid } = openCose(bytes);
          expect(equalBytes(signedBytes, encodeCbor(['Signature1', header, none, payload]))).toBe(true);
          expect(
            equalBytes(bytes, concat(Uint8Array.of(0xd2), encodeCbor([header, new Map(), payload, signature]))),
          ).toBe(true);
          expect(equalBytes(verifyCose(bytes).payload, payload)).toBe(true);
          expect(kid).toEqual(key.publicKey);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('signs the bytes that the COSE working group signs (its example EdDSA-01)', () => {
    const toBeSigned = encodeCbor(['Signature1', fromHex('a2012703' + '00'), none, utf8('This is the content.')]);
    expect(toHex(toBeSigned)).toBe('846a5369676e61747572653145a2012703004054546869732069732074686520636f6e74656e742e');
    const publicKey = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    const signature = fromHex(
      '7142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d',
    );
    expect(verifyEd25519(publicKey, toBeSigned, signature)).toBe(true);
    // A COSE_Sign1 of another shape (content type, kid unprotected) is none of ours.
    const foreign = concat(
      fromHex('d28445a201270300a1044231315454' + '68'),
      utf8('is is the content.'),
      fromHex('5840'),
      signature,
    );
    expect(code(() => openCose(foreign))).toBe('cose_invalid');
  });

  it('refuses every changed, missing and added byte', () => {
    const bytes = sign(utf8('reading'));
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bad = bytes.map((b, i) => (i === at ? b ^ flip : b));
        expect(code(() => verifyCose(bad))).toMatch(/^(cose|signature)_invalid$/);
      }
      expect(code(() => verifyCose(bytes.subarray(0, at)))).toMatch(/^(cose|signature)_invalid$/);
    }
    expect(code(() => verifyCose(concat(bytes, none, Uint8Array.of(0))))).toBe('cose_invalid');
  });

  it('refuses a payload head that is longer than needed', () => {
    const bytes = sign(utf8('x'.repeat(20)));
    const at = 43;
    expect(bytes[at]).toBe(0x54);
    const longer = concat(bytes.subarray(0, at), Uint8Array.of(0x58, 20), bytes.subarray(at + 1));
    expect(code(() => openCose(longer))).toBe('cose_invalid');
  });

  it('never throws anything else on anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(code(() => verifyCose(bytes))).toBe('cose_invalid');
      }),
    );
  });
});
