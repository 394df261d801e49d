// The port between the ledger and whatever orders its entries. It fits an in-process sequencer (solo.ts) and an engine
// that agrees in blocks across machines (ABCI): ordered batches in, a deterministic apply, one durable commit a block,
// recovery by height, and cosignatures that arrive any time after the block they are for.
//
//   submit ─► engine orders ─► apply(height) ─► commit(height) ─► answers ("accepted" means committed, never "queued")
//                                                    └─► cosign ─► cosigned(…) ─► final checkpoint
import type { DecodedEntry, ErrorCode, Hash, NoteSignature } from '@vitalseal/ledger';

/** An entry on its way into a block. */
export interface Candidate {
  readonly bytes: Uint8Array;
  /** What admission decoded, its signature verified in this process; null when the bytes come from another machine. */
  readonly opened: DecodedEntry | null;
}

/** What `apply` decided. A refused entry is never a leaf; a duplicate is one already, at `index`. */
export type EntryResult =
  | { readonly status: 'accepted' | 'duplicate'; readonly leaf: Hash; readonly index: number }
  | { readonly status: 'refused'; readonly leaf: Hash; readonly code: ErrorCode };

/** The ledger after a committed block. `time` is the block's, in unix seconds, the same on every machine. */
export interface Committed {
  readonly height: number;
  readonly size: number;
  readonly root: Hash;
  readonly time: number;
}

/** The ledger's side of the port. Calls never overlap. */
export interface Application {
  /** The last committed block, read from the store: what an engine asks after a restart, or after a failed commit. */
  info(): Committed;
  /**
   * Decides a block's entries, in order, and holds the outcome in memory. The same block on the same state gives the
   * same results on every machine. May be called again for the same height with other entries (a round that failed).
   */
  apply(height: number, time: number, candidates: readonly Candidate[]): readonly EntryResult[];
  /**
   * Makes the applied block durable, in one transaction: on return it has survived a power cut. Throws when it may not
   * have; `info` then tells which of the two happened.
   */
  commit(height: number): Committed;
  /** This node's cosignature of a committed checkpoint. The same bytes whenever asked: its time is the block's. */
  cosign(committed: Committed): NoteSignature;
  /** Cosignatures for a committed checkpoint, from anyone, at any later time. Wrong ones are ignored, never an error. */
  cosigned(committed: Committed, cosignatures: readonly NoteSignature[]): void;
}

/** The engine's side of the port. */
export interface Engine {
  /** Recovers by height, then takes submissions. */
  start(): Promise<void>;
  /**
   * Orders the candidates, kept together and in order. Resolves when the block that decided them is committed (durable).
   * Rejects with `facility_busy`, `disk_full`, `store_failed` or `engine_stopped`: then nothing is known to be committed
   * and the same bytes may be submitted again, because equal entries are recognised.
   */
  submit(candidates: readonly Candidate[]): Promise<readonly EntryResult[]>;
  /** Decides what is queued, then takes no more. */
  stop(): Promise<void>;
  /** False once the engine has given up (`engine_stopped`). */
  readonly running: boolean;
  /** Candidates that wait for a block. */
  readonly queued: number;
}

/** The points between which a crash must change nothing that was answered. Tests throw at each. */
export const ENGINE_POINTS = [
  'block-gathered',
  'block-applied',
  'block-committed',
  'checkpoint-cosigned',
  'tiles-written',
  'checkpoint-published',
] as const;
export type EnginePoint = (typeof ENGINE_POINTS)[number];

/** Called at each point; in production it does nothing. */
export type PointHook = (point: EnginePoint) => void;
