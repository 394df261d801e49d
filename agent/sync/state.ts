// What the sync machine knows, hears and asks for. The machine itself is machine.ts; who performs the effects, driver.ts.
import type { ErrorCode } from '@vitalseal/ledger';

/** At most this many entries are signed and unanswered: they go in one request, and are sent again as they are. */
export const IN_FLIGHT = 64;
/** Blobs and envelope sets that are uploaded at the same time. */
export const UPLOADS_AT_ONCE = 6;

/** What the machine needs to know of an outbox item. */
export interface SyncItem {
  readonly id: number;
  /** Null while unsigned. */
  readonly seq: number | null;
  /** False for an alarm's record before its stream's regular beat: blob at once, entry not yet. */
  readonly due: boolean;
  /** What must be stored at the facility before the entry: `blob:HEX`, `epoch:HEX`, or nothing. */
  readonly upload: string | null;
  /** The epoch that a record uses, as `epoch:HEX`: where that is not stored, the record waits. */
  readonly needs: string | null;
}

/** A place in the ledger: own seq, and index in the tree. */
export interface Placed {
  readonly seq: number;
  readonly index: number;
}

/**
 * `down`: no link, probed now and then. `resting`: waits for its timer. `idle`: nothing to do. `halted`: the log showed a
 * fork. `forked`: the ledger holds what we never signed. The others wait for the answer to the effect of that name.
 */
export type Phase =
  | 'new'
  | 'down'
  | 'probing'
  | 'checking'
  | 'loading'
  | 'uploading'
  | 'signing'
  | 'submitting'
  | 'recording'
  | 'resting'
  | 'idle'
  | 'halted'
  | 'forked'
  | 'stopped';

export interface SyncState {
  readonly phase: Phase;
  /** True once the ledger was asked what it holds of us, until a conflict. */
  readonly checked: boolean;
  /** Something was sealed while we were busy. */
  readonly again: boolean;
  readonly window: readonly SyncItem[];
  /** Uploads of this window that are not stored yet; a condemned one never will be. */
  readonly uploads: ReadonlyMap<string, 'wanted' | 'busy' | 'failed' | 'condemned'>;
  /** Stored at the facility in this life of the process, for items of the window. */
  readonly stored: ReadonlySet<string>;
  /** Answers in a row that brought no progress, and connections in a row that failed. */
  readonly failures: number;
  readonly downs: number;
  /** Why nothing moves, for status. */
  readonly problem: ErrorCode | null;
  /** After recording, rest instead of going on at once. */
  readonly restAfter: boolean;
  /** What runs beside the cycle: the proof of the newest accepted entry. */
  readonly proof: 'idle' | 'busy' | 'resting';
  readonly proofFailures: number;
  /** The newest accepted entry that no verified checkpoint holds yet. */
  readonly unproven: Placed | null;
  /** The log showed a checkpoint that contradicts the one held. */
  readonly logForked: boolean;
}

export type ItemAnswer =
  | { readonly kind: 'receipt'; readonly index: number }
  | { readonly kind: 'refusal'; readonly code: ErrorCode; readonly retry: boolean };

export type SyncInput =
  | { readonly kind: 'start' | 'sealed' | 'woken' | 'proof-woken' | 'stop' | 'recorded' | 'forked' }
  | { readonly kind: 'probed'; readonly reachable: boolean }
  /** The ledger and we agree; `unproven` is the newest own entry it holds that we have not proven. */
  | { readonly kind: 'checked'; readonly unproven: Placed | null }
  | { readonly kind: 'loaded'; readonly items: readonly SyncItem[] }
  | { readonly kind: 'uploaded'; readonly key: string }
  | { readonly kind: 'upload-failed'; readonly key: string; readonly code: ErrorCode }
  /** Committed before it is told. */
  | { readonly kind: 'signed'; readonly seqs: readonly { readonly id: number; readonly seq: number }[] }
  /** One answer for each id submitted, in order; fewer when the facility did not say. */
  | { readonly kind: 'answered'; readonly answers: readonly { readonly id: number; readonly answer: ItemAnswer }[] }
  /** The effect of this phase failed as a whole. */
  | { readonly kind: 'failed'; readonly code: ErrorCode }
  | { readonly kind: 'proved'; readonly seq: number }
  | { readonly kind: 'proof-failed'; readonly code: ErrorCode };

export type SyncEffect =
  /** Compare own leaves with the ledger's; adopt. Answer: checked, forked or failed. */
  | { readonly kind: 'check' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'load' }
  | { readonly kind: 'upload'; readonly key: string }
  | { readonly kind: 'sign'; readonly ids: readonly number[] }
  | { readonly kind: 'submit'; readonly ids: readonly number[] }
  /** Durable before the answer: accepted, then refused, then unsigned. */
  | {
      readonly kind: 'record';
      readonly accepted: readonly (Placed & { readonly id: number })[];
      readonly refused: readonly { readonly id: number; readonly code: ErrorCode }[];
      readonly unsignFrom: number | null;
    }
  | { readonly kind: 'prove'; readonly seq: number; readonly index: number }
  | { readonly kind: 'rest' | 'rest-proof'; readonly ms: number };

export const INITIAL: SyncState = Object.freeze({
  phase: 'new',
  checked: false,
  again: false,
  window: [],
  uploads: new Map(),
  stored: new Set<string>(),
  failures: 0,
  downs: 0,
  problem: null,
  restAfter: false,
  proof: 'idle',
  proofFailures: 0,
  unproven: null,
  logForked: false,
});
