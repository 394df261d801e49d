// What the ledger needs of a database: point reads, and one transaction a block.
import type { Hash } from '@vitalseal/ledger';
import type { Committed } from '../engine/engine.ts';
import type { ChangedTile } from '../log/tree.ts';

/** A row of the state: what the rules asked for under `kind` and `key`. `value` is CBOR (rows.ts). */
export interface StateRow {
  readonly kind: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface NewEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly leaf: Hash;
  readonly signer: Uint8Array;
  readonly seq: number;
  /** Under whom it is listed. */
  readonly about: readonly About[];
}

/** `user`: entries that say a user's keys; `owner`: an owner's epochs and records; `gateway`: who delegated to it. */
export interface About {
  readonly kind: 'user' | 'owner' | 'gateway';
  readonly address: Uint8Array;
}

export interface BlockWrite {
  readonly committed: Committed;
  readonly entries: readonly NewEntry[];
  readonly tiles: Iterable<ChangedTile>;
  readonly rows: Iterable<StateRow>;
}

export interface LedgerStore {
  /** The last committed block; height and size 0 before the first. */
  head(): Committed;
  /** The first block after which the tree had `size` leaves; null when no block ended there. */
  blockOfSize(size: number): Committed | null;
  entry(index: number): Uint8Array | null;
  entries(from: number, to: number): Uint8Array[];
  entryAt(signer: Uint8Array, seq: number): { leaf: Hash; index: number } | null;
  /** Up to `limit` of a signer's leaves, from `seq` on. */
  leavesOf(signer: Uint8Array, seq: number, limit: number): { index: number; leaf: Hash }[];
  /** Up to `limit` indices of entries about an address, from `from` on, ascending. */
  about(about: About, from: number, limit: number): number[];
  /** Up to `limit` of them, the newest first. */
  newestAbout(about: About, limit: number): number[];
  tile(level: number, index: number): Uint8Array | null;
  row(kind: string, key: Uint8Array): Uint8Array | null;
  /**
   * Writes a block, all or nothing, durable on return. Throws `disk_full` or `store_failed`; then `head` tells whether
   * it happened anyway.
   */
  commit(block: BlockWrite): void;
}
