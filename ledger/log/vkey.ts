// Verifier keys: a key's name, its 32-bit id, its algorithm and the public key, as one line of text (C2SP signed-note).
// Unknown algorithms are kept, so that a policy of tomorrow can be read today; nothing they sign counts.
import { sha256 } from '../crypto.ts';
import { concat, fromBase64, toBase64, utf8 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { isAcceptablePublicKey } from '../identity/ed25519.ts';
import { isKeyName } from './note.ts';

/** Signature type bytes of C2SP signed-note that Vitalseal uses or keeps room for. */
export const NOTE_TYPE = {
  /** Ed25519 over the note: log keys. */
  ed25519: 0x01,
  /** Timestamped Ed25519 cosignature, `cosignature/v1`. */
  cosignature: 0x04,
  /** Timestamped ML-DSA-44 cosignature. Reserved: parsed and kept, not verified yet. */
  mlDsa44: 0x06,
} as const;

/** A key that may sign notes. `type` is the signature type byte, known or not. */
export interface NoteKey {
  readonly name: string;
  readonly keyId: number;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

const MAX_VKEY = 4096;
const PUBLIC_KEY_BYTES: Readonly<Record<number, number>> = { 1: 32, 4: 32, 6: 1312 };

const refuse = (why: string): never => {
  throw new VitalsealError('key_invalid', `not a verifier key: ${why}`);
};

/** Key id: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[0:4] as u32 (C2SP signed-note, "Signatures"). */
export function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const hash = sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
}

/** The key of that name, with its id. Throws `key_invalid` for a bad name, a wrong length or an unacceptable key. */
export function noteKey(name: string, type: number, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name)) return refuse('its name');
  const expected = PUBLIC_KEY_BYTES[type];
  if (expected !== undefined && publicKey.length !== expected) return refuse('the length of its public key');
  if (expected === 32 && !isAcceptablePublicKey(publicKey)) return refuse('its public key');
  return { name, type, publicKey, keyId: keyIdOf(name, type, publicKey) };
}

/** `name+id+base64(type ‖ public key)`. Throws `key_invalid`. */
export function formatVkey(name: string, type: number, publicKey: Uint8Array): string {
  const { keyId } = noteKey(name, type, publicKey);
  return `${name}+${keyId.toString(16).padStart(8, '0')}+${toBase64(concat(Uint8Array.of(type), publicKey))}`;
}

/** The key of a vkey line. For the types above the id must be the computed one. Throws `key_invalid`. */
export function parseVkey(text: string): NoteKey {
  if (text.length > MAX_VKEY) return refuse('too long');
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (match === null) return refuse('its form');
  const [, name, id, encoded] = match as unknown as [string, string, string, string];
  const bytes = decode(encoded);
  if (bytes.length < 2) return refuse('its public key');
  const key = noteKey(name, bytes[0] as number, bytes.subarray(1));
  const keyId = Number.parseInt(id, 16);
  // Types that we do not know may compute their id in another way (type 0x02 does).
  if (PUBLIC_KEY_BYTES[key.type] !== undefined && key.keyId !== keyId) return refuse('its id');
  return { ...key, keyId };
}

function decode(encoded: string): Uint8Array {
  try {
    return fromBase64(encoded);
  } catch {
    return refuse('its base64');
  }
}
