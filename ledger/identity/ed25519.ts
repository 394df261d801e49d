// THE Ed25519 predicate. Implementations disagree on edge cases (Chalkias et al., "Taming the many EdDSAs"), and a ledger
// whose nodes disagree is split, so one answer is defined here and computed everywhere:
//   the key is canonical, torsion-free and not the identity;  S < L;  encode([S]B - [h]A) equals R byte for byte.

import { ed25519Points, ed25519PublicKey, ed25519VerifyNative, randomBytes } from '../crypto.ts';
import { toHex } from '../encoding/bytes.ts';

/** An Ed25519 key pair: seed and public key, 32 bytes each. */
export interface SigningKey {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A new key pair from the system's generator. */
export function generateSigningKey(): SigningKey {
  return signingKeyOf(randomBytes(32));
}

/** The key pair of a 32-byte seed. */
export function signingKeyOf(secretKey: Uint8Array): SigningKey {
  return { secretKey, publicKey: ed25519PublicKey(secretKey) };
}

// Judging a key costs a scalar multiplication in JavaScript (about a millisecond), so what was accepted is remembered.
const accepted = new Set<string>();
const ACCEPTED_LIMIT = 16_384;

/** True when the 32 bytes are a canonical encoding of a point of the prime-order subgroup other than the identity. */
export function isAcceptablePublicKey(key: Uint8Array): boolean {
  if (key.length !== 32) return false;
  const name = toHex(key);
  if (accepted.has(name)) return true;
  if (!ed25519Points().isPrimeOrderPoint(key)) return false;
  if (accepted.size >= ACCEPTED_LIMIT) accepted.delete(accepted.keys().next().value as string);
  accepted.add(name);
  return true;
}

// L, little-endian: the order of the prime-order subgroup (RFC 8032 section 5.1).
const ORDER = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/** True when the second half of a signature, read little-endian, is below L. */
function isCanonicalScalar(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const digit = signature[32 + i] as number;
    const bound = ORDER[i] as number;
    if (digit !== bound) return digit < bound;
  }
  return false;
}

/** R is the identity's one encoding: y = 1, sign 0. */
function isIdentityR(signature: Uint8Array): boolean {
  if (signature[0] !== 1) return false;
  for (let i = 1; i < 32; i++) if (signature[i] !== 0) return false;
  return true;
}

/**
 * The predicate. `signature` is R (32) followed by S (32). False for anything malformed; never throws.
 *
 * Why the native answer may be taken: for an acceptable key [S]B - [h]A lies in the prime-order subgroup, and OpenSSL
 * computes that very point and compares its encoding with the received R. So a torsioned or non-canonical R equals
 * nothing, there as here. Some builds refuse any R of small order besides; the only one in the subgroup is the identity,
 * so that one case is computed by points. ed25519.test.ts holds both paths to the same answers.
 */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isCanonicalScalar(signature) || !isAcceptablePublicKey(key)) return false;
  if (isIdentityR(signature)) return ed25519Points().verifyByPoint(key, message, signature);
  return ed25519VerifyNative(key, message, signature);
}
