// The proof of one record, to be verified by anybody with no server alive. Online it is the record's own inclusion, fetched
// now. Offline an older own entry is shown through the newest proven one, whose `history` commits to it.
import {
  type Address,
  decodeEntry,
  encodeOwnPart,
  equalBytes,
  type FacilityClient,
  formatExistenceProof,
  fromUtf8,
  inclusionProof,
  isVitalsealError,
  leafHash,
  openEntry,
  type Policy,
  signerKeys,
  VitalsealError,
} from '@vitalseal/ledger';
import { type RemoteRecord, remoteRecords } from '../status/records.ts';
import { decodeProven, heldCheckpoint, META } from '../sync/held.ts';
import { splitLeaves } from '../sync/own-history.ts';
import { prove } from '../sync/prover.ts';
import type { Vault } from '../vault/vault.ts';

export interface ProofPorts {
  readonly vault: Pick<Vault, 'records' | 'ownLeaves' | 'signedVariants' | 'meta'>;
  readonly client: Pick<FacilityClient, 'prove' | 'entry' | 'ownerRecords'>;
  readonly origin: string;
  readonly address: Address;
  readonly policy: Policy;
  /** Rotations that lead from the first key of this gateway to the present one. */
  readonly chain: readonly Uint8Array[];
  readonly owners: readonly Address[];
}

export interface ProofFiles {
  readonly proof: string;
  readonly entry: Uint8Array;
  /** For an older entry that is shown through a newer one. */
  readonly own: Uint8Array | null;
  readonly index: number;
  readonly online: boolean;
}

interface Place {
  readonly seq: number;
  readonly index: number | null;
  readonly entry: Uint8Array | null;
}

/** Throws `not_found`, `entry_needed`, and what proving throws. */
export async function proofOf(ports: ProofPorts, recordId: Uint8Array): Promise<ProofFiles> {
  try {
    return await online(ports, await locate(ports, recordId, true));
  } catch (error) {
    if (!isVitalsealError(error, 'facility_unreachable') && !isVitalsealError(error, 'timed_out')) throw error;
    return offline(ports, await locate(ports, recordId, false));
  }
}

async function locate(ports: ProofPorts, recordId: Uint8Array, ask: boolean): Promise<Place> {
  const [row] = await ports.vault.records({ recordId, limit: 1 });
  if (row?.seq != null && (row.state === 'accepted' || row.state === 'proven')) {
    const entry = await heldEntry(ports, row.seq);
    if (!ask || row.index !== null) return { seq: row.seq, index: row.index, entry };
  } else if (row !== undefined) {
    throw new VitalsealError('not_found', `the record is ${row.state}: it is not in the ledger`);
  }
  if (!ask)
    throw new VitalsealError(
      'entry_needed',
      'the entry of this record is not held here; ask again with the facility in reach',
    );
  const remote = await remoteRecords(ports.client, ports.vault, ports.address, ports.owners);
  const found: RemoteRecord | undefined = remote.find((candidate) => equalBytes(candidate.recordId, recordId));
  if (found === undefined) throw new VitalsealError('not_found', 'no record of this gateway has this id');
  return found;
}

async function online(ports: ProofPorts, { seq, index, entry }: Place): Promise<ProofFiles> {
  if (index === null) throw new VitalsealError('not_found', 'the place of the record in the ledger is not known');
  const bytes = entry ?? (await ownEntry(ports, seq, await ports.client.entry(index)));
  const { origin, policy, client } = ports;
  const held = await heldCheckpoint(ports.vault);
  const { proven } = await prove(client, { origin, policy, held, seq, index, entry: bytes });
  const parts = { index, path: proven.path, checkpoint: proven.note };
  return { proof: await format(ports, bytes, parts), entry: bytes, own: null, index, online: true };
}

async function offline(ports: ProofPorts, { seq, entry }: Place): Promise<ProofFiles> {
  const stored = await ports.vault.meta(META.newest);
  if (stored === null) throw new VitalsealError('entry_needed', 'nothing of this gateway is proven yet');
  const newest = decodeProven(stored);
  const same = newest.seq === seq;
  if (!same && (entry === null || seq > newest.seq)) {
    throw new VitalsealError(
      'entry_needed',
      'the entry of this record is not held here; ask again with the facility in reach',
    );
  }
  const parts = { index: newest.index, path: newest.path, checkpoint: newest.note };
  const files = { entry: newest.entry, index: newest.index, online: false };
  const shown = same ? newest.entry : (entry as Uint8Array);
  const proof = await format(ports, newest.entry, parts, shown);
  if (same) return { ...files, proof, own: null };
  const before = splitLeaves((await ports.vault.ownLeaves()).leaves).slice(0, newest.seq);
  return { ...files, proof, own: encodeOwnPart({ entry: shown, seq, path: inclusionProof(before, seq, newest.seq) }) };
}

/** `shown` is the entry that is to be proven, and whose `seen` gives the lower bound on time. */
async function format(
  { vault, origin, address, chain }: ProofPorts,
  entry: Uint8Array,
  parts: { index: number; path: readonly Uint8Array[]; checkpoint: string },
  shown = entry,
): Promise<string> {
  const { size } = decodeEntry(shown).entry.seen;
  const note = size === 0 ? null : await vault.meta(META.seenOf(size));
  return formatExistenceProof({
    ...parts,
    seenNote: note === null ? null : fromUtf8(note),
    chain: chainFor(origin, address, entry, chain),
  });
}

/** As much of the chain as leads to the key that signed; none when that was the first one. */
function chainFor(
  origin: string,
  address: Address,
  entry: Uint8Array,
  chain: readonly Uint8Array[],
): readonly Uint8Array[] {
  const { kid } = openEntry(entry);
  for (let length = 0; length <= chain.length; length++) {
    try {
      signerKeys(origin, address, kid, chain.slice(0, length));
      return chain.slice(0, length);
    } catch {
      // a longer one may lead there
    }
  }
  return chain;
}

async function heldEntry({ vault }: ProofPorts, seq: number): Promise<Uint8Array | null> {
  const leaf = await ownLeaf(vault, seq);
  const kept = await vault.meta(META.entry(seq));
  if (kept !== null && equalBytes(leafHash(kept), leaf)) return kept;
  const variants = await vault.signedVariants(seq);
  return variants.find((variant) => equalBytes(variant.leaf, leaf))?.entry ?? null;
}

/** What a facility shows as our entry, recognised by the hash that we kept. */
async function ownEntry({ vault }: ProofPorts, seq: number, shown: Uint8Array): Promise<Uint8Array> {
  if (equalBytes(leafHash(shown), await ownLeaf(vault, seq))) return shown;
  throw new VitalsealError('answer_invalid', 'the facility shows another entry');
}

async function ownLeaf(vault: Pick<Vault, 'ownLeaves'>, seq: number): Promise<Uint8Array> {
  const leaf = splitLeaves((await vault.ownLeaves()).leaves)[seq];
  if (leaf === undefined) throw new VitalsealError('not_found', 'no own entry has this seq');
  return leaf;
}
