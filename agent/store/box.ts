// Encryption at rest of what waits here: AES-256-GCM under a key of one use. The nonce is random all the same, because a
// restored copy of the folder would otherwise use a key and nonce twice. In a file of its own: node:crypto.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { VitalsealError } from '@vitalseal/ledger';

const NONCE = 12;
const TAG = 16;
/** Bytes that a box adds. */
export const BOX_OVERHEAD = NONCE + TAG;

/** nonce (12) ‖ ciphertext ‖ tag (16), bound to `about`. The parts are sealed as one. */
export function sealBox(key: Uint8Array, about: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(about);
  const sealed = parts.map((part) => cipher.update(part));
  cipher.final();
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]);
}

/** Throws `store_damaged` when the key, the bytes or `about` are others. */
export function openBox(key: Uint8Array, about: Uint8Array, box: Uint8Array): Uint8Array {
  if (box.length < BOX_OVERHEAD) throw new VitalsealError('store_damaged', 'a sealed row is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE));
  decipher.setAAD(about);
  decipher.setAuthTag(box.subarray(box.length - TAG));
  try {
    const opened = decipher.update(box.subarray(NONCE, box.length - TAG));
    decipher.final();
    return opened;
  } catch {
    throw new VitalsealError('store_damaged', 'a sealed row does not open');
  }
}
