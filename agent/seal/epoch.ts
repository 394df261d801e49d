// An epoch of a stream: its secret goes into one envelope for each reader and is forgotten; what stays is a chain key
// that only goes forward. A new one begins each day, when the readers change, and after a re-enrolment.

import {
  type Address,
  chainStart,
  concat,
  type EpochOpen,
  encodeCbor,
  encodeEnvelopeSet,
  epochId,
  type Hash,
  randomBytes,
  sealEnvelopes,
  sha256,
  utf8,
} from '@vitalseal/ledger';
import type { VaultOwner } from '../vault/vault.ts';

export interface NewEpoch {
  readonly body: EpochOpen;
  /** As encodeEnvelopeSet gives them. */
  readonly envelopes: Uint8Array;
  /** K₀ of the record chain. */
  readonly chainKey: Uint8Array;
}

/** Draws the secret, seals it to every reader and forgets it. Throws `recipient_invalid`. */
export async function openEpoch({ owner, recipients }: VaultOwner): Promise<NewEpoch> {
  const secret = randomBytes(32);
  const set = await sealEnvelopes(secret, recipients);
  const chainKey = chainStart(secret);
  const body: EpochOpen = {
    owner,
    epoch: epochId(secret),
    envelopeRoot: set.root,
    envelopeCount: set.count,
  };
  secret.fill(0);
  return { body, envelopes: encodeEnvelopeSet(set), chainKey };
}

/** Names a set of readers, whatever their order. */
export function readersHash(recipients: VaultOwner['recipients']): Hash {
  const rows = recipients.map(({ address, recipient }: { address: Address; recipient: string }) =>
    sha256(address, utf8(recipient)),
  );
  rows.sort(Buffer.compare);
  return sha256(encodeCbor('vitalseal/readers'), concat(...rows));
}

export interface EpochAge {
  /** Milliseconds of monotonic time since the epoch opened, all lives of the process together. */
  readonly ageMs: number;
  readonly limitMs: number;
}

/** True when the next batch of the stream needs a new epoch. */
export function epochEnded(
  epoch: Hash | null,
  sealedTo: Hash | null,
  readers: Hash,
  { ageMs, limitMs }: EpochAge,
): boolean {
  return epoch === null || sealedTo === null || ageMs >= limitMs || Buffer.compare(sealedTo, readers) !== 0;
}
