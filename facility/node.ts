// A running facility, as its HTTP server and its commands see it: the parts that main.ts has put together.
import { type ErrorCode, isVitalsealError } from '@vitalseal/ledger';
import type { Admission } from './admission/admission.ts';
import type { Answers } from './admission/answers.ts';
import type { Blobs } from './blobs/blobs.ts';
import type { Envelopes } from './blobs/envelopes.ts';
import type { Engine } from './engine/engine.ts';
import type { FacilityLimits } from './limits.ts';
import type { Finality } from './log/finality.ts';
import type { Publisher } from './log/publisher.ts';
import type { PublishedTiles } from './log/tiles.ts';
import type { Gauges, Metrics } from './metrics.ts';
import type { Invites } from './registrar/invites.ts';
import type { Registrar } from './registrar/registrar.ts';
import type { LedgerStore } from './state/store.ts';
import type { LedgerState } from './state/view.ts';

/** Counts and codes only; see the rule on logs in CONTRIBUTING.md. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const SILENT: Log = { info() {}, warn() {}, error() {} };

/** What a log line may say of an error: its code, never its message. */
export function codeOf(error: unknown): ErrorCode {
  return isVitalsealError(error) ? error.code : 'internal';
}

export interface Node {
  readonly origin: string;
  readonly policyText: string;
  readonly limits: FacilityLimits;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: LedgerStore;
  readonly state: LedgerState;
  readonly engine: Engine;
  readonly finality: Finality;
  readonly publisher: Publisher;
  readonly tiles: PublishedTiles;
  readonly blobs: Blobs;
  readonly envelopes: Envelopes;
  readonly admission: Admission;
  readonly answers: Answers;
  readonly invites: Invites;
  readonly registrar: Registrar;
  /** Unix seconds. */
  readonly now: () => number;
  gauges(): Gauges;
}

/** How far the ledger is, and who waits. */
export function gaugesOf({ store, engine, publisher }: Pick<Node, 'store' | 'engine' | 'publisher'>): Gauges {
  const { height, size } = store.head();
  return {
    height,
    tree_size: size,
    checkpoint_size: publisher.current?.size ?? 0,
    queued_entries: engine.queued,
    long_polls: publisher.waiting,
  };
}
