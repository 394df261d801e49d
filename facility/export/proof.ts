// One entry's proof for somebody who has nothing else: the tlog-proof from the final checkpoint, with the note that the
// entry had seen and the entries that lead from its signer's first key to the one that signed.
import {
  type Address,
  type DecodedEntry,
  decodeEntry,
  formatExistenceProof,
  inclusionProof,
  parseAddress,
  VitalsealError,
} from '@vitalseal/ledger';
import type { Finality } from '../log/finality.ts';
import type { Published } from '../log/publisher.ts';
import type { LedgerTree } from '../log/tree.ts';
import type { LedgerStore } from '../state/store.ts';

export interface ProofSource {
  readonly store: LedgerStore;
  readonly tree: LedgerTree;
  readonly finality: Finality;
}

const MAX_ROTATIONS = 63;

/** Proof text and entry of `index` under a final checkpoint. Throws `not_found`. */
export function proofOf(
  { store, tree, finality }: ProofSource,
  published: Published,
  index: number,
): { proof: string; entry: Uint8Array } {
  const entry = index < published.size ? store.entry(index) : null;
  if (entry === null) throw new VitalsealError('not_found', `the final checkpoint holds no entry ${index}`);
  const { entry: decoded } = decodeEntry(entry);
  const seen = store.blockOfSize(decoded.seen.size);
  const proof = formatExistenceProof({
    index,
    path: inclusionProof(tree.reader, index, published.size),
    checkpoint: published.note,
    seenNote: seen === null ? null : finality.noteOf(seen),
    chain: signerChain(store, decoded.origin, decoded.signer, index),
  });
  return { proof, entry };
}

/** Registrations and rotations up to `index` that lead to the signer's key; none while it signs with its first. */
function signerChain(store: LedgerStore, origin: string, signer: Address, index: number): Uint8Array[] {
  const signers = keyEntries(store, signer, index);
  const rotations = signers.filter(({ entry }) => entry.type === 'key.rotate');
  if (rotations.length === 0) return [];
  const authorities = rotations.map(({ entry }) => entry.type === 'key.rotate' && entry.body.authority);
  // A registration is needed only to know the recovery key: it is large.
  const chain = authorities.includes('recovery') ? signers : rotations;
  if (!authorities.includes('registrar')) return chain.map(({ bytes }) => bytes);
  const founder = parseAddress(origin.slice(origin.lastIndexOf('/') + 1));
  const founders = keyEntries(store, founder, index).filter(({ entry }) => entry.type === 'key.rotate');
  return [...founders, ...chain].toSorted((a, b) => a.index - b.index).map(({ bytes }) => bytes);
}

function keyEntries(store: LedgerStore, address: Address, before: number): (DecodedEntry & { index: number })[] {
  return store
    .about({ kind: 'user', address }, 0, MAX_ROTATIONS + 1)
    .filter((index) => index < before)
    .map((index) => ({ ...decodeEntry(store.entry(index) as Uint8Array), index }));
}
