// Ed25519 as arithmetic on points, with nothing left to a library's own idea of what is valid. The browser
// uses it for everything, Node where OpenSSL's answer is not the formula's.

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

function littleEndian(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] as number);
  return n;
}

/** True when the 32 bytes are a canonical encoding of a point of the prime-order subgroup other than the identity. */
export function isPrimeOrderPoint(key: Uint8Array): boolean {
  try {
    // zip215=false: refuses y >= p and the sign bit on x = 0 (RFC 8032 section 5.1.3).
    const point = Point.fromBytes(key, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/**
 * S < L and encode([S]B - [h]A) equals R byte for byte, h = SHA-512(R ‖ A ‖ message) over the bytes as received. Takes
 * any key that is a point, non-canonical ones included: judging the key is isAcceptablePublicKey's part.
 */
export function verifyByPoint(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const s = littleEndian(signature.subarray(32));
  if (s >= ORDER) return false;
  try {
    const a = Point.fromBytes(key, true);
    const r = signature.subarray(0, 32);
    const h = littleEndian(sha512.create().update(r).update(key).update(message).digest()) % ORDER;
    const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(h)).toBytes();
    return expected.every((byte, i) => byte === r[i]);
  } catch {
    return false; // a key that is not a point
  }
}
