// The twin of crypto.ts for a browser, by noble alone. package.json's `browser` field puts it in crypto.ts's place when a
// bundler builds for one. crypto.test.ts and identity/ed25519.test.ts hold both to the same answers, edge cases included.

import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import * as points from './identity/ed25519-point.ts';

export type Hash = Uint8Array;

export function sha256(...parts: readonly Uint8Array[]): Hash {
  const h = nobleSha256.create();
  for (const part of parts) h.update(part);
  return h.digest();
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Hash {
  return hmac(nobleSha256, key, data);
}

export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdf(nobleSha256, secret, salt, info, length);
}

export function randomBytes(n: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(n));
}

export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

export function ed25519Sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  if (secretKey.length !== 32) throw new TypeError('an Ed25519 seed has 32 bytes');
  return ed25519.sign(message, secretKey);
}

export function ed25519PublicKey(secretKey: Uint8Array): Uint8Array {
  if (secretKey.length !== 32) throw new TypeError('an Ed25519 seed has 32 bytes');
  return ed25519.getPublicKey(secretKey);
}

/** The formula itself, for any key that decodes. Not noble's `verify`, which decodes R and so answers otherwise for one with torsion. */
export const ed25519VerifyNative = points.verifyByPoint;

/** Here already: verifying is done by points. */
export const ed25519Points = () => points;
