// What the light node holds of the log: the newest checkpoint it verified, the daily one that its entries name in `seen`,
// the proof of its newest proven entry, and evidence of forks. All of it lies in the vault's meta, under the keys below.
import {
  type AcceptedCheckpoint,
  type CborValue,
  decodeCbor,
  emptyRoot,
  encodeCbor,
  fromUtf8,
  type Hash,
  parseCheckpoint,
  parseNote,
  utf8,
} from '@vitalseal/ledger';
import type { Vault } from '../vault/vault.ts';

export const META = {
  /** Note of the newest verified checkpoint. */
  checkpoint: 'checkpoint',
  /** Note of the checkpoint that entries signed now name in `seen`. */
  seen: 'seen',
  /** Note of the checkpoint of this size, for proofs of entries that named it. */
  seenOf: (size: number) => `seen:${size}`,
  /** Newest proven own entry with its proof: `ProvenEntry`. */
  newest: 'newest',
  /** Bytes of one of the last own entries. */
  entry: (seq: number) => `entry:${seq}`,
  /** The facility's user key, as it was verified. */
  facilityKey: 'facility-key',
  /** `Evidence[]`. */
  evidence: 'evidence',
  /** Present while the ledger holds an entry of ours that we never signed: that entry's bytes. */
  forked: 'forked',
} as const;

/** Own entries whose bytes are kept after they were proven. */
export const KEPT_ENTRIES = 32;
const MAX_EVIDENCE = 16;
/** Seconds after which entries name a newer checkpoint in `seen`. */
const SEEN_SECONDS = 86_400;

export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
  /** Null for the empty tree, which needs no proof. */
  readonly note: string | null;
}

/** Two checkpoints, each accepted by the policy, that cannot both be of one log. */
export interface Evidence {
  readonly held: string;
  readonly shown: string;
}

export interface ProvenEntry {
  readonly seq: number;
  readonly index: number;
  readonly entry: Uint8Array;
  readonly note: string;
  readonly path: readonly Hash[];
}

export const EMPTY_TREE: TreeHead = { size: 0, root: emptyRoot, note: null };

/** A note that was verified before it was stored. */
function treeHead(bytes: Uint8Array | null): TreeHead {
  if (bytes === null) return EMPTY_TREE;
  const note = fromUtf8(bytes);
  const { size, root } = parseCheckpoint(parseNote(note).body);
  return { size, root, note };
}

export async function heldCheckpoint(vault: Pick<Vault, 'meta'>): Promise<TreeHead> {
  return treeHead(await vault.meta(META.checkpoint));
}

export async function seenCheckpoint(vault: Pick<Vault, 'meta'>): Promise<TreeHead> {
  return treeHead(await vault.meta(META.seen));
}

/** What to store when `note` was verified: always the checkpoint, and `seen` when the kept one is a day old. */
export function metaOfCheckpoint(
  note: string,
  accepted: AcceptedCheckpoint,
  seenSince: number | null,
): Record<string, Uint8Array> {
  const bytes = utf8(note);
  const meta: Record<string, Uint8Array> = { [META.checkpoint]: bytes };
  const time = accepted.cosignedAt?.latest ?? 0;
  if (seenSince === null || time - seenSince >= SEEN_SECONDS) {
    meta[META.seen] = bytes;
    meta[META.seenOf(accepted.size)] = bytes;
  }
  return meta;
}

export function encodeProven({ seq, index, entry, note, path }: ProvenEntry): Uint8Array {
  return encodeCbor([seq, index, entry, note, [...path]]);
}

/** Written by encodeProven, so only its shape is looked at. */
export function decodeProven(bytes: Uint8Array): ProvenEntry {
  const [seq, index, entry, note, path] = decodeCbor(bytes, { maxBytes: 1 << 20 }) as readonly CborValue[];
  return { seq, index, entry, note, path } as ProvenEntry;
}

export async function evidenceHeld(vault: Pick<Vault, 'meta'>): Promise<Evidence[]> {
  const bytes = await vault.meta(META.evidence);
  if (bytes === null) return [];
  const rows = decodeCbor(bytes, { maxBytes: 4 << 20 }) as readonly (readonly [string, string])[];
  return rows.map(([held, shown]) => ({ held, shown }));
}

/** Keeps a pair for good, durable on resolve; the same pair once, and at most 16. */
export async function keepEvidence(vault: Pick<Vault, 'meta' | 'setMeta'>, pair: Evidence): Promise<void> {
  const all = await evidenceHeld(vault);
  const body = (note: string) => parseNote(note).body;
  const known = all.some(({ held, shown }) => body(held) === body(pair.held) && body(shown) === body(pair.shown));
  if (known || all.length >= MAX_EVIDENCE) return;
  await vault.setMeta({ [META.evidence]: encodeCbor([...all, pair].map(({ held, shown }) => [held, shown])) });
}
