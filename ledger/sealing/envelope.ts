// Key envelopes: the secret of an epoch as one small age file per reader. The ledger holds only the root over salted
// hashes of them, padded with random leaves, so that it does not tell how many readers there are, or who.
import { randomBytes, sha256 } from '../crypto.ts';
import { concat } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { type Hash, hashLeaf } from '../tree/hash.ts';
import { inclusionProof, verifyInclusion } from '../tree/inclusion.ts';
import { asReader, rangeHash } from '../tree/reader.ts';
import { EPOCH_SECRET_BYTES } from './epoch.ts';
import { isRecipient, isRecipientIdentity, loadAge } from './recipient.ts';

export const ENVELOPE_SALT_BYTES = 16;
/** Bytes of one envelope's age file; a hybrid one has 1.8 kB. */
export const ENVELOPE_MAX_BYTES = 8192;
/** Envelopes of one epoch. */
export const MAX_ENVELOPES = 1024;
/** Even owner and recovery key alone make a tree of four. */
const LEAST_COUNT = 4;

export interface Envelope {
  /** Address of the reader, 20 bytes. */
  readonly reader: Uint8Array;
  readonly salt: Uint8Array;
  /** Leaf in the tree of the set. */
  readonly index: number;
  readonly path: readonly Hash[];
  /** An age file of the secret. */
  readonly file: Uint8Array;
}

export interface EnvelopeSet {
  readonly root: Hash;
  /** Leaves of the tree: a power of two. */
  readonly count: number;
  /** In the order in which the readers were given. */
  readonly envelopes: readonly Envelope[];
}

export interface EnvelopeReader {
  readonly address: Uint8Array;
  readonly recipient: string;
}

/** SHA-256(0x00 ‖ salt ‖ SHA-256(file)). */
function envelopeLeaf(salt: Uint8Array, file: Uint8Array): Hash {
  return hashLeaf(concat(salt, sha256(file)));
}

/**
 * One envelope for each of 1 to 1,024 readers, at random places of the tree. A reader may appear twice (an owner, with
 * the recovery recipient); the first one given is the first in the set. Throws `recipient_invalid`.
 */
export async function sealEnvelopes(secret: Uint8Array, readers: readonly EnvelopeReader[]): Promise<EnvelopeSet> {
  if (secret.length !== EPOCH_SECRET_BYTES) throw new TypeError('the secret of an epoch has 32 bytes');
  if (readers.length === 0 || readers.length > MAX_ENVELOPES) {
    throw new VitalsealError('recipient_invalid', 'an epoch has 1 to 1,024 readers');
  }
  const { Encrypter } = await loadAge();
  let count = LEAST_COUNT;
  while (count < readers.length) count *= 2;
  const leaves = Array.from({ length: count }, () => randomBytes(32));
  const places = shuffled(count);
  const sealed: Omit<Envelope, 'path'>[] = [];
  for (const [i, { address, recipient }] of readers.entries()) {
    if (!isRecipient(recipient)) throw new VitalsealError('recipient_invalid');
    let file: Uint8Array;
    try {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      file = await encrypter.encrypt(secret);
    } catch {
      // Well-formed text may still be no key; that is only found by using it.
      throw new VitalsealError('recipient_invalid');
    }
    const salt = randomBytes(ENVELOPE_SALT_BYTES);
    const index = places[i] as number;
    leaves[index] = envelopeLeaf(salt, file);
    sealed.push({ reader: address, salt, index, file });
  }
  const envelopes = sealed.map((envelope) => ({ ...envelope, path: inclusionProof(leaves, envelope.index, count) }));
  return { root: rangeHash(asReader(leaves), 0, count), count, envelopes };
}

function shuffled(count: number): number[] {
  const keyed = Array.from({ length: count }, (_, place) => ({ place, key: randomBytes(8) }));
  keyed.sort((a, b) => {
    const at = a.key.findIndex((byte, i) => byte !== b.key[i]);
    return at < 0 ? 0 : (a.key[at] as number) - (b.key[at] as number);
  });
  return keyed.map(({ place }) => place);
}

/** Throws `envelope_invalid` unless the envelope is the one at its place under (root, count), as epoch.open names them. */
export function verifyEnvelope({ salt, index, path, file }: Envelope, root: Hash, count: number): void {
  const fits = salt.length === ENVELOPE_SALT_BYTES && file.length <= ENVELOPE_MAX_BYTES && isEnvelopeCount(count);
  if (!fits || !verifyInclusion(envelopeLeaf(salt, file), index, count, root, path)) {
    throw new VitalsealError('envelope_invalid');
  }
}

/** True for what can be the number of leaves of a set: a power of two up to 1,024. */
export function isEnvelopeCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= MAX_ENVELOPES && Number.isInteger(Math.log2(count));
}

/**
 * The secret in an envelope: path first, then the age file. The caller compares its epochId with the epoch.
 * Throws `envelope_invalid`: another set's, not for this identity, damaged; `identity_file_invalid`: no such identity.
 */
export async function openEnvelope(
  envelope: Envelope,
  root: Hash,
  count: number,
  identity: string,
): Promise<Uint8Array> {
  verifyEnvelope(envelope, root, count);
  if (!isRecipientIdentity(identity)) throw new VitalsealError('identity_file_invalid', 'not an age hybrid identity');
  const { Decrypter } = await loadAge();
  let secret: Uint8Array;
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    secret = await decrypter.decrypt(envelope.file);
  } catch {
    throw new VitalsealError('envelope_invalid', 'the envelope is not for this identity, or is damaged');
  }
  if (secret.length !== EPOCH_SECRET_BYTES) throw new VitalsealError('envelope_invalid', 'the secret has not 32 bytes');
  return secret;
}
