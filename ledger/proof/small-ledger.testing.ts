// A ledger of one gateway between strangers, and the policy of its facility, for tests of proofs.

import { leafHash, signEntry } from '../entries/codec.ts';
import type { Entry, EntryBodies, EntryType } from '../entries/entry.ts';
import { addressOf, formatAddress } from '../identity/address.ts';
import { type SigningKey, signingKeyOf } from '../identity/ed25519.ts';
import { formatCheckpoint } from '../log/checkpoint.ts';
import { addSignatures, signNote } from '../log/note.ts';
import { cosignCheckpoint, logSigner } from '../log/signers.ts';
import { formatVkey, NOTE_TYPE } from '../log/vkey.ts';
import { ownHistoryRoot } from '../tree/frontier.ts';
import { type Hash, hashLeaf } from '../tree/hash.ts';
import { inclusionProof } from '../tree/inclusion.ts';
import { rootOf } from '../tree/reader.ts';
import { formatExistenceProof } from './existence.ts';

const key = (seed: number): SigningKey => signingKeyOf(new Uint8Array(32).fill(seed));
export const [registrar, gateway, next, recovery, log, facility] = [1, 2, 3, 4, 5, 6].map(key) as [
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
];
export const ORIGIN = `vitalseal.org/solo/${formatAddress(addressOf(registrar.publicKey))}`;
export const POLICY = `log ${formatVkey(ORIGIN, NOTE_TYPE.ed25519, log.publicKey)}
witness facility ${formatVkey(`${ORIGIN}/facility`, NOTE_TYPE.cosignature, facility.publicKey)}
quorum facility
`;

/** A ledger small enough to hold in a test: strangers' leaves around one gateway's entries. */
export class SmallLedger {
  readonly leaves: Hash[] = [];
  readonly own: Hash[] = [];
  readonly entries: Uint8Array[] = [];
  note = '';

  strangers(count: number): this {
    for (let i = 0; i < count; i++) this.leaves.push(hashLeaf(Uint8Array.of(i, this.leaves.length)));
    return this;
  }

  checkpoint(time: number, size = this.leaves.length): string {
    const body = formatCheckpoint({ origin: ORIGIN, size, root: rootOf(this.leaves, size) });
    const note = signNote(body, [logSigner({ name: ORIGIN, secretKey: log.secretKey })]);
    return addSignatures(note, [
      cosignCheckpoint(body, { name: `${ORIGIN}/facility`, secretKey: facility.secretKey }, time),
    ]);
  }

  register<T extends EntryType>(
    type: T,
    body: EntryBodies[T],
    signer = gateway,
    seenSize = 0,
    origin = ORIGIN,
  ): Uint8Array {
    const bytes = signEntry(
      {
        type,
        body,
        origin,
        signer: addressOf(gateway.publicKey),
        seq: this.own.length,
        history: ownHistoryRoot(this.own),
        seen: { size: seenSize, root: rootOf(this.leaves, seenSize) },
      } as Entry,
      signer,
    );
    this.own.push(leafHash(bytes));
    this.leaves.push(leafHash(bytes));
    this.entries.push(bytes);
    return bytes;
  }

  proof(index: number, checkpoint: string, seenNote: string | null = null, chain: Uint8Array[] = []): string {
    const size = Number(checkpoint.split('\n')[1]);
    return formatExistenceProof({ index, path: inclusionProof(this.leaves, index, size), checkpoint, seenNote, chain });
  }
}
