// COSE_Sign1 (RFC 9052 section 4.2) in the one shape that Vitalseal uses: tag 18, algorithm EdDSA and `kid` = the public
// key in the protected header, nothing in the unprotected one, payload attached. With one shape the bytes around the
// payload are fixed, so they are compared and not parsed: there is nothing left in which two implementations could differ.

import { ed25519Sign } from '../crypto.ts';
import { VitalsealError } from '../errors.ts';
import { verifyEd25519 } from '../identity/ed25519.ts';
import { concat, fromHex, utf8 } from './bytes.ts';

/** What a COSE_Sign1 holds. All arrays are views into the bytes it was opened from, `signedBytes` apart. */
export interface Cose {
  readonly payload: Uint8Array;
  /** The signer's Ed25519 public key, 32 bytes. Nobody has vouched for it. */
  readonly kid: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** The Sig_structure (RFC 9052 section 4.4), which is what the signature is over. */
  readonly signedBytes: Uint8Array;
}

// 18([ h'{1: -8, 4: h' as far as the 32 bytes of the key, which end the 38 bytes of the protected header
const HEAD = fromHex('d2845826a20127045820');
const KID_END = HEAD.length + 32;
const SIGNATURE_HEAD = fromHex('5840');
// ["Signature1", protected, h'', payload], as far as the protected header's bytes
const SIG_HEAD = concat(fromHex('846a'), utf8('Signature1'), fromHex('5826'));

/** Head of a CBOR byte string (major type 2) of `n` bytes. */
function bstrHead(n: number): Uint8Array {
  if (n < 24) return Uint8Array.of(0x40 | n);
  if (n < 0x100) return Uint8Array.of(0x58, n);
  if (n < 0x10000) return Uint8Array.of(0x59, n >>> 8, n & 255);
  return Uint8Array.of(0x5a, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

function sigStructure(kid: Uint8Array, payload: Uint8Array): Uint8Array {
  return concat(SIG_HEAD, HEAD.subarray(4), kid, Uint8Array.of(0x40), bstrHead(payload.length), payload);
}

/** Signs `payload` by the 32-byte seed whose public key is `publicKey`. */
export function signCose(payload: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const signature = ed25519Sign(secretKey, sigStructure(publicKey, payload));
  return concat(HEAD, publicKey, Uint8Array.of(0xa0), bstrHead(payload.length), payload, SIGNATURE_HEAD, signature);
}

function refuse(why: string): never {
  throw new VitalsealError('cose_invalid', `not a COSE_Sign1 of ours: ${why}`);
}

/** The parts, without judging the signature. Throws `cose_invalid`. */
export function openCose(bytes: Uint8Array): Cose {
  for (let i = 0; i < HEAD.length; i++) if (bytes[i] !== HEAD[i]) return refuse('header');
  if (bytes[KID_END] !== 0xa0) return refuse('unprotected header');
  // The payload's length is whatever is left; its head must be the shortest one for that length.
  const start = KID_END + 1;
  const first = bytes[start] ?? 0;
  const width = first === 0x5a ? 5 : first === 0x59 ? 3 : first === 0x58 ? 2 : 1;
  const payloadStart = start + width;
  const payloadEnd = bytes.length - SIGNATURE_HEAD.length - 64;
  if (payloadEnd < payloadStart) return refuse('cut short');
  const head = bstrHead(payloadEnd - payloadStart);
  if (head.length !== width) return refuse('payload length');
  for (let i = 0; i < width; i++) if (bytes[start + i] !== head[i]) return refuse('payload length');
  if (bytes[payloadEnd] !== 0x58 || bytes[payloadEnd + 1] !== 0x40) return refuse('signature length');
  const kid = bytes.subarray(HEAD.length, KID_END);
  const payload = bytes.subarray(payloadStart, payloadEnd);
  return { payload, kid, signature: bytes.subarray(payloadEnd + 2), signedBytes: sigStructure(kid, payload) };
}

/** The payload and the key that signed it. Throws `cose_invalid` or `signature_invalid`. Whose key it is, is the caller's question. */
export function verifyCose(bytes: Uint8Array): { payload: Uint8Array; kid: Uint8Array } {
  const { payload, kid, signature, signedBytes } = openCose(bytes);
  if (!verifyEd25519(kid, signedBytes, signature)) throw new VitalsealError('signature_invalid');
  return { payload, kid };
}
