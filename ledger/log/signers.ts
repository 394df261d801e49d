// The two kinds of signature that a node puts under a checkpoint: the log's own over the note, and a witness's
// timestamped cosignature (C2SP signed-note type 0x01, tlog-cosignature type 0x04).
import { ed25519PublicKey, ed25519Sign } from '../crypto.ts';
import { concat, utf8 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { verifyEd25519 } from '../identity/ed25519.ts';
import type { NoteSignature, NoteSigner } from './note.ts';
import { NOTE_TYPE, type NoteKey, noteKey } from './vkey.ts';

/** A log's or witness's own key: its name in notes and a 32-byte Ed25519 seed. */
export interface NoteSecret {
  readonly name: string;
  readonly secretKey: Uint8Array;
}

/** The log's signer: Ed25519 over the note's text. */
export function logSigner({ name, secretKey }: NoteSecret): NoteSigner {
  const { keyId } = noteKey(name, NOTE_TYPE.ed25519, ed25519PublicKey(secretKey));
  return (body) => ({ name, keyId, signature: ed25519Sign(secretKey, utf8(body)) });
}

/**
 * A cosignature/v1: "as of `time` (POSIX seconds), this is the largest consistent tree that I have seen". A witness
 * signs a tree size once: a later cosignature of the same size would move the lower bound of the entries that saw it.
 */
export function cosignCheckpoint(body: string, { name, secretKey }: NoteSecret, time: number): NoteSignature {
  if (!Number.isSafeInteger(time) || time < 0) throw new VitalsealError('checkpoint_invalid', 'not a POSIX time');
  const { keyId } = noteKey(name, NOTE_TYPE.cosignature, ed25519PublicKey(secretKey));
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  return { name, keyId, signature: concat(stamp, ed25519Sign(secretKey, cosignedMessage(body, time))) };
}

/** Whether the signature is `key`'s over `body`. For keys of type 0x01; false for anything else. */
export function verifyLogSignature(body: string, { name, keyId, signature }: NoteSignature, key: NoteKey): boolean {
  if (key.type !== NOTE_TYPE.ed25519 || name !== key.name || keyId !== key.keyId) return false;
  return verifyEd25519(key.publicKey, utf8(body), signature);
}

/**
 * The time (POSIX seconds) at which `key` cosigned `body`, or null when the signature is not that: another key, a
 * time beyond what a number holds, or bytes that do not verify. ML-DSA-44 keys answer null until they are built.
 */
export function verifyCosignature(body: string, cosignature: NoteSignature, key: NoteKey): number | null {
  const { name, keyId, signature } = cosignature;
  if (key.type !== NOTE_TYPE.cosignature || name !== key.name || keyId !== key.keyId) return null;
  if (signature.length !== 8 + 64) return null;
  const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  if (!Number.isSafeInteger(time)) return null;
  return verifyEd25519(key.publicKey, cosignedMessage(body, time), signature.subarray(8)) ? time : null;
}

function cosignedMessage(body: string, time: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${body}`);
}
