// Who can be sealed to: age's hybrid keys (ML-KEM-768 with X25519), so that what is stored today stays closed to a
// quantum computer of tomorrow. age itself is loaded at first use: it costs 90 ms, and starting needs none of it.
import { bech32 } from '@scure/base';
import { VitalsealError } from '../errors.ts';

export interface RecipientKey {
  /** `AGE-SECRET-KEY-PQ-1…`: the secret. */
  readonly identity: string;
  /** `age1pq1…`: public. */
  readonly recipient: string;
}

const RECIPIENT_BYTES = 1216;
/** 1,216 bytes in bech32 with prefix and checksum. */
const RECIPIENT_CHARACTERS = 1959;

export const loadAge = () => import('age-encryption');

/** A new key pair. */
export async function generateRecipientKey(): Promise<RecipientKey> {
  const identity = await (await loadAge()).generateHybridIdentity();
  return { identity, recipient: await recipientOf(identity) };
}

/** The recipient of an identity. Throws `identity_file_invalid` when the text is no hybrid identity. */
export async function recipientOf(identity: string): Promise<string> {
  if (!isRecipientIdentity(identity)) throw new VitalsealError('identity_file_invalid', 'not an age hybrid identity');
  return (await loadAge()).identityToRecipient(identity);
}

/** True for the text of a hybrid recipient, in lower case and with a correct checksum. */
export function isRecipient(text: string): boolean {
  if (typeof text !== 'string' || text.length !== RECIPIENT_CHARACTERS || !text.startsWith('age1pq1')) return false;
  try {
    const { prefix, words } = bech32.decode<string>(text as `age1pq1${string}`, false);
    return prefix === 'age1pq' && bech32.fromWords(words).length === RECIPIENT_BYTES;
  } catch {
    return false;
  }
}

/** True for the text of a hybrid identity, in upper case and with a correct checksum. */
export function isRecipientIdentity(text: string): boolean {
  if (typeof text !== 'string' || text.length > 90 || !text.startsWith('AGE-SECRET-KEY-PQ-1')) return false;
  try {
    const { prefix, bytes } = bech32.decodeToBytes(text);
    return prefix.toUpperCase() === 'AGE-SECRET-KEY-PQ-' && bytes.length === 32;
  } catch {
    return false;
  }
}
