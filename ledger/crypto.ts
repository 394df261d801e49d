// Hashes, keyed hashes and Ed25519 by node:crypto: the only file that may touch it, because a browser has none.
// There the `browser` field of package.json puts crypto.browser.ts in this file's place: same exports, same answers.

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  hash as oneShot,
  sign,
  randomBytes as systemBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { createRequire } from 'node:module';

/** 32 bytes. */
export type Hash = Uint8Array;

const view = (b: Buffer): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, b.byteLength);

// Where short parts are put together: one call into OpenSSL instead of one for each part.
const joined = new Uint8Array(4096);

/** SHA-256 over the parts, one after another (FIPS 180-4). */
export function sha256(...parts: readonly Uint8Array[]): Hash {
  const [only] = parts;
  if (parts.length === 1) return digest(only as Uint8Array);
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > joined.length) {
    const h = createHash('sha256');
    for (const part of parts) h.update(part);
    return view(h.digest());
  }
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return digest(joined.subarray(0, length));
}

/** Taken as text and unpacked here, because a Buffer made outside the JavaScript heap costs twice as much as the hash. */
function digest(data: Uint8Array): Hash {
  const text = oneShot('sha256', data, 'binary');
  const hash = new Uint8Array(32);
  for (let i = 0; i < 32; i++) hash[i] = text.charCodeAt(i);
  return hash;
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Hash {
  return view(createHmac('sha256', key).update(data).digest());
}

/** HKDF-SHA-256 (RFC 5869): extract with `salt`, expand with `info` to `length` bytes (at most 8,160). */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
}

/** `n` bytes from the system's generator. */
export function randomBytes(n: number): Uint8Array {
  return new Uint8Array(systemBytes(n));
}

/** Equality in time that depends on the lengths only. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

// DER around a raw key (RFC 8410): OpenSSL takes no raw ones.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The last keys used, as OpenSSL objects: making one costs as much as a tenth of a signature. */
class KeyCache {
  readonly #make: (raw: Uint8Array) => KeyObject;
  readonly #held = new Map<string, KeyObject>();
  readonly #limit = 1024;

  constructor(make: (raw: Uint8Array) => KeyObject) {
    this.#make = make;
  }

  get(raw: Uint8Array): KeyObject {
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    const made = this.#make(raw);
    // The oldest goes first: good enough, since a key that is still used comes back at once.
    if (this.#held.size >= this.#limit) this.#held.delete(this.#held.keys().next().value as string);
    this.#held.set(name, made);
    return made;
  }
}

const publicKeys = new KeyCache((raw) =>
  createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' }),
);
// Few: a process signs with a handful of keys, and each stays in memory while it is here.
const secretKeys = new KeyCache((raw) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: 'der', type: 'pkcs8' }),
);

/** Ed25519 signature (RFC 8032, 64 bytes) by a 32-byte seed. */
export function ed25519Sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  if (secretKey.length !== 32) throw new TypeError('an Ed25519 seed has 32 bytes');
  return view(sign(null, message, secretKeys.get(secretKey)));
}

/** The 32-byte public key of a 32-byte seed. */
export function ed25519PublicKey(secretKey: Uint8Array): Uint8Array {
  if (secretKey.length !== 32) throw new TypeError('an Ed25519 seed has 32 bytes');
  return view(
    createPublicKey(secretKeys.get(secretKey)).export({ format: 'der', type: 'spki' }).subarray(SPKI.length) as Buffer,
  ).slice();
}

/**
 * What OpenSSL answers: S < L, cofactorless, R compared as bytes, for any key that decodes; some builds refuse a key or an R
 * of small order besides. Not the predicate: that is verifyEd25519 of identity/ed25519.ts.
 */
export function ed25519VerifyNative(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, message, publicKeys.get(publicKey), signature);
  } catch {
    return false; // a key that OpenSSL cannot decode
  }
}

type Points = typeof import('./identity/ed25519-point.ts');
let points: Points | null = null;

/**
 * The arithmetic on points, loaded when a key is judged for the first time: it costs 4 MB and 40 ms, and a thread or a
 * command that verifies nothing needs none of it. By `require`, since whoever asks cannot wait.
 */
export function ed25519Points(): Points {
  points ??= createRequire(import.meta.url)('./identity/ed25519-point.ts') as Points;
  return points;
}
