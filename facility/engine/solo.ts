// The embedded engine: one facility orders alone. It gathers submissions into blocks (group commit), so that one fsync
// and one checkpoint serve many entries. It holds no state of its own: everything durable is the application's, and
// after a crash the last committed height says where to go on.
import { VitalsealError } from '@vitalseal/ledger';
import type { Application, Candidate, Engine, EntryResult, PointHook } from './engine.ts';

export interface SoloOptions {
  /** Entries in a block at most; a single submission is never split. */
  readonly maxBlock: number;
  /** How long the first entry of a block waits for company, in ms. */
  readonly maxDelayMs: number;
  /** Entries that may wait; beyond it `facility_busy`. */
  readonly maxQueue: number;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onBlock?: () => void;
  readonly onFailure?: (error: unknown) => void;
  /** The engine has given up: the process should end, and be started again. */
  readonly onGivenUp?: () => void;
  readonly at?: PointHook;
}

export const SOLO_DEFAULTS = { maxBlock: 500, maxDelayMs: 5, maxQueue: 20_000 } as const;

interface Waiting {
  readonly candidates: readonly Candidate[];
  readonly resolve: (results: readonly EntryResult[]) => void;
  readonly reject: (error: unknown) => void;
}

export class SoloEngine implements Engine {
  readonly #application: Application;
  readonly #options: SoloOptions;
  #waiting: Waiting[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | null = null;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(application: Application, options: SoloOptions) {
    this.#application = application;
    this.#options = options;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  get queued(): number {
    return this.#queued;
  }

  async start(): Promise<void> {
    this.#state = 'running';
    // A crash after the commit may have come before the checkpoint was cosigned or published: do both again.
    this.#cosign();
  }

  submit(candidates: readonly Candidate[]): Promise<readonly EntryResult[]> {
    if (this.#state !== 'running') return Promise.reject(new VitalsealError('engine_stopped'));
    if (this.#queued + candidates.length > this.#options.maxQueue) {
      return Promise.reject(new VitalsealError('facility_busy'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ candidates, resolve, reject });
      this.#queued += candidates.length;
      const full = this.#queued >= this.#options.maxBlock;
      // Never in the caller's turn: other requests of this turn join the block.
      this.#timer ??= setTimeout(() => this.#turn(), full ? 0 : this.#options.maxDelayMs);
    });
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    while (this.#state === 'running' && this.#waiting.length > 0) this.#block();
    this.#end();
  }

  #turn(): void {
    this.#timer = null;
    this.#block();
    // What is left has waited a whole block already.
    if (this.#waiting.length > 0 && this.#state === 'running') this.#timer = setTimeout(() => this.#turn(), 0);
  }

  #gather(): Waiting[] {
    let entries = 0;
    let count = 0;
    for (const { candidates } of this.#waiting) {
      if (count > 0 && entries + candidates.length > this.#options.maxBlock) break;
      entries += candidates.length;
      count += 1;
    }
    this.#queued -= entries;
    return this.#waiting.splice(0, count);
  }

  #block(): void {
    const gathered = this.#gather();
    let height = 0;
    let results: readonly EntryResult[] | null = null;
    try {
      this.#options.at?.('block-gathered');
      const last = this.#application.info();
      height = last.height + 1;
      // A clock that steps back must not give a later block an earlier time.
      const time = Math.max(this.#options.now(), last.time);
      results = this.#application.apply(
        height,
        time,
        gathered.flatMap((waiting) => waiting.candidates),
      );
      this.#options.at?.('block-applied');
      if (results.some((result) => result.status === 'accepted')) {
        // COMMIT POINT C4. Before it nothing of the block exists; after it every answer below is owed.
        this.#application.commit(height);
        this.#options.at?.('block-committed');
      }
    } catch (error) {
      this.#options.onFailure?.(error);
      if (!this.#committedAnyway(height)) {
        for (const waiting of gathered) waiting.reject(error);
        return;
      }
    }
    this.#options.onBlock?.();
    let from = 0;
    for (const { candidates, resolve } of gathered) {
      resolve((results as readonly EntryResult[]).slice(from, from + candidates.length));
      from += candidates.length;
    }
    this.#cosign();
  }

  /** A commit that threw has either happened or not, and the height tells. Neither is fatal; not being able to ask is. */
  #committedAnyway(height: number): boolean {
    try {
      const last = this.#application.info().height;
      return height > 0 && last >= height;
    } catch {
      this.#end();
      this.#options.onGivenUp?.();
      return false;
    }
  }

  #cosign(): void {
    try {
      const committed = this.#application.info();
      if (committed.size === 0) return;
      const line = this.#application.cosign(committed);
      this.#options.at?.('checkpoint-cosigned');
      this.#application.cosigned(committed, [line]);
    } catch (error) {
      this.#options.onFailure?.(error);
      // Not fatal: the block is committed and answered; the next block, or the next start, cosigns a later checkpoint.
    }
  }

  #end(): void {
    this.#state = 'stopped';
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new VitalsealError('engine_stopped'));
    this.#queued = 0;
  }
}
