// The two kinds of line that checkpoints and proofs share: a decimal number and a hash in base64.
import { fromBase64 } from '../encoding/bytes.ts';
import { HASH_BYTES, type Hash } from '../tree/hash.ts';

/** A decimal without leading zeros that is a safe integer, else null. */
export function parseDecimal(text: string): number | null {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

/** A base64 line of 32 bytes, else null. */
export function decodeHash(text: string): Hash | null {
  if (text.length !== 44) return null;
  try {
    const hash = fromBase64(text);
    return hash.length === HASH_BYTES ? hash : null;
  } catch {
    return null;
  }
}
