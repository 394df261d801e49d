import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519Sign, sha256 } from '../crypto.ts';
import { concat, fromHex, toHex, utf8 } from '../encoding/bytes.ts';
import { generateSigningKey, isAcceptablePublicKey, signingKeyOf, verifyEd25519 } from './ed25519.ts';
import { verifyByPoint } from './ed25519-point.ts';

const { Point } = ed25519;
const L = Point.Fn.ORDER;

function le32(n: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
}
function fromLe(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}
/** The eight points of small order. */
const torsion = (() => {
  const t8 = Point.fromBytes(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'), true);
  return Array.from({ length: 8 }, (_, i) => t8.multiplyUnsafe(BigInt(i)));
})();
const signBit = (bytes: Uint8Array) => bytes.map((b, i) => (i === 31 ? b | 0x80 : b));
/** Encodings of small-order points that are not the canonical one: y + p where it fits, or the sign bit on x = 0. */
const P = 2n ** 255n - 19n;
const nonCanonical = [
  le32(P),
  le32(P + 1n),
  signBit(le32(P)),
  signBit(le32(P + 1n)),
  signBit(le32(1n)),
  signBit(le32(P - 1n)),
];

interface Vector {
  readonly why: string;
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}
const { cases } = JSON.parse(readFileSync(new URL('ed25519.vectors.json', import.meta.url), 'utf8')) as {
  cases: Vector[];
};

/** The predicate with the browser's multiplication, next to the one with the native. */
const inBrowser = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
  isAcceptablePublicKey(key) && verifyByPoint(key, message, signature);

describe('the edge cases of "Taming the many EdDSAs"', () => {
  // The formula's answers (OpenSSL's row of the repository's table; some builds of it also refuse small order, so its own
  // are not asked). The predicate refuses all twelve: where the equation holds, the key is of small or mixed order, or not
  // canonical.
  const formula = [true, true, true, true, false, false, false, false, false, false, false, true];

  it.each(cases.map((c, i) => [i, c.why, c] as const))('%i: %s', (i, _why, vector) => {
    const key = fromHex(vector.pub_key);
    const message = fromHex(vector.message);
    const signature = fromHex(vector.signature);
    expect(verifyByPoint(key, message, signature)).toBe(formula[i]);
    expect(verifyEd25519(key, message, signature)).toBe(false);
    expect(inBrowser(key, message, signature)).toBe(false);
  });

  it('is all twelve', () => {
    expect(cases).toHaveLength(12);
  });
});

describe('public keys', () => {
  it('refuses every point of small order in every encoding', () => {
    const encodings = [...torsion.map((point) => point.toBytes()), ...nonCanonical];
    expect(new Set(encodings.map(toHex)).size).toBe(14);
    for (const key of encodings) expect(isAcceptablePublicKey(key), toHex(key)).toBe(false);
  });

  it('refuses a good key with a torsion component', () => {
    const good = Point.fromBytes(generateSigningKey().publicKey);
    torsion.forEach((point, i) => {
      expect(isAcceptablePublicKey(good.add(point).toBytes())).toBe(i === 0);
    });
  });

  it('refuses what is no point, and other lengths', () => {
    expect(isAcceptablePublicKey(le32(2n))).toBe(false);
    expect(isAcceptablePublicKey(new Uint8Array(31))).toBe(false);
    expect(isAcceptablePublicKey(new Uint8Array(0))).toBe(false);
  });
});

describe('signatures', () => {
  const key = signingKeyOf(new Uint8Array(32).fill(7));
  const message = utf8('reading');
  const good = ed25519Sign(key.secretKey, message);
  const r = good.subarray(0, 32);
  const s = fromLe(good.subarray(32));

  it('accepts a good one, and refuses S + L', () => {
    expect(verifyEd25519(key.publicKey, message, good)).toBe(true);
    expect(verifyEd25519(key.publicKey, message, concat(r, le32(s + L)))).toBe(false);
    expect(verifyEd25519(key.publicKey, message, concat(r, le32(L)))).toBe(false);
  });

  it('refuses a torsioned R, also one for which only the cofactored equation holds; both paths agree', () => {
    const scalar = fromLe(sha256(utf8('nonce'))) % L;
    const a = ed25519.utils.getExtendedPublicKey(key.secretKey).scalar;
    torsion.forEach((point, i) => {
      // A signature made on purpose over R + T: the residue of small order stays, so only i = 0 is one.
      const torsioned = Point.BASE.multiplyUnsafe(scalar).add(point).toBytes();
      const h = fromLe(sha512(concat(torsioned, key.publicKey, message))) % L;
      const forged = concat(torsioned, le32((scalar + h * a) % L));
      expect(verifyEd25519(key.publicKey, message, forged)).toBe(i === 0);
      expect(inBrowser(key.publicKey, message, forged)).toBe(i === 0);
    });
  });

  it('refuses R of small order in every encoding, for a good key; both paths agree', () => {
    const a = ed25519.utils.getExtendedPublicKey(key.secretKey).scalar;
    for (const encoding of [...torsion.map((point) => point.toBytes()), ...nonCanonical]) {
      const h = fromLe(sha512(concat(encoding, key.publicKey, message))) % L;
      const signature = concat(encoding, le32((h * a) % L));
      // R = the identity in its one encoding satisfies the equation: who knows the secret may sign so.
      const expected = toHex(encoding) === toHex(le32(1n));
      expect(verifyEd25519(key.publicKey, message, signature), toHex(encoding)).toBe(expected);
      expect(inBrowser(key.publicKey, message, signature), toHex(encoding)).toBe(expected);
    }
  });

  it('refuses every flipped bit of signature, message and key', () => {
    for (let bit = 0; bit < 512; bit++) {
      const bad = good.map((b, i) => (i === bit >> 3 ? b ^ (1 << (bit & 7)) : b));
      expect(verifyEd25519(key.publicKey, message, bad)).toBe(false);
    }
    for (let bit = 0; bit < 256; bit += 5) {
      const bad = key.publicKey.map((b, i) => (i === bit >> 3 ? b ^ (1 << (bit & 7)) : b));
      expect(verifyEd25519(bad, message, good)).toBe(false);
    }
    expect(verifyEd25519(key.publicKey, utf8('Reading'), good)).toBe(false);
  });

  it('answers the same natively and in a browser, and never throws, on anything', () => {
    const any = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
    fc.assert(
      fc.property(any(32), fc.uint8Array({ maxLength: 40 }), any(64), (k, m, sig) => {
        expect(verifyEd25519(k, m, sig)).toBe(inBrowser(k, m, sig));
      }),
      { numRuns: 100 },
    );
    expect(verifyEd25519(new Uint8Array(3), message, good)).toBe(false);
    expect(verifyEd25519(key.publicKey, message, good.subarray(1))).toBe(false);
  });
});
