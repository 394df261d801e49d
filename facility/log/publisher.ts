// Publishes final checkpoints: full tiles first, then the checkpoint that needs them. It runs beside the engine and
// skips ahead to the newest final checkpoint, so that a slow disk delays finality and never an answer. Whatever it
// writes is rebuilt from the store after a crash, byte for byte.
import {
  type Hash,
  parseCheckpoint,
  parseNote,
  TILE_WIDTH,
  type Tile,
  tilesBetween,
  VitalsealError,
} from '@vitalseal/ledger';
import type { PointHook } from '../engine/engine.ts';

/** A final checkpoint: the note's text, and what it says. */
export interface Published {
  readonly size: number;
  readonly root: Hash;
  readonly note: string;
}

/** Where published files go. Each write is durable on resolve, and writing the same again is harmless. */
export interface LogFiles {
  checkpoint(): Promise<string | null>;
  writeCheckpoint(note: string): Promise<void>;
  writeFullTile(tile: Tile): Promise<void>;
}

export interface PublisherOptions {
  readonly files: LogFiles;
  /** Root of the committed tree at a size; null when it is smaller. */
  readonly rootAt: (size: number) => Hash | null;
  readonly at?: PointHook;
  readonly onPublished?: () => void;
  readonly onFailure?: (error: unknown) => void;
  /** ms before a failed publication is tried again. */
  readonly retryMs?: number;
}

interface Waiter {
  readonly min: number;
  readonly wake: () => void;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #waiters = new Set<Waiter>();
  #current: Published | null = null;
  #next: Published | null = null;
  #running: Promise<void> | null = null;
  #released = false;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** The newest final checkpoint; null before the first. */
  get current(): Published | null {
    return this.#current;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Reads what was published before. Throws `checkpoint_forked` when the store cannot continue it: it is an older copy,
   * or another ledger, and going on would publish two histories. `note`: what was published, when it is known already.
   */
  async recover(note?: string | null): Promise<void> {
    const held = note === undefined ? await this.#options.files.checkpoint() : note;
    if (held === null) return;
    const { size, root } = parseCheckpoint(parseNote(held).body);
    const own = this.#options.rootAt(size);
    if (own === null || !Buffer.from(own).equals(root)) {
      throw new VitalsealError('checkpoint_forked', 'the published checkpoint is not of the tree in the store');
    }
    this.#current = { size, root, note: held };
  }

  /** Hands over a final checkpoint. Older than the published one: ignored. */
  offer(next: Published): void {
    if (next.size <= (this.#next?.size ?? this.#current?.size ?? 0) || this.#closed) return;
    this.#next = next;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves with the newest final checkpoint once its size is at least `min`, or with what there is after `ms`. */
  waitFor(min: number, ms: number, signal?: AbortSignal): Promise<Published | null> {
    if (this.#released || ms <= 0 || (this.#current?.size ?? -1) >= min) return Promise.resolve(this.#current);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#waiters.delete(waiter);
        resolve(this.#current);
      };
      const waiter = { min, wake: done };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Resolves once nothing is left to publish (or publishing fails for now). */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Answers all who wait, and from now on at once. */
  release(): void {
    this.#released = true;
    for (const waiter of [...this.#waiters]) waiter.wake();
  }

  /** Finishes what is under way, then takes no more. */
  async close(): Promise<void> {
    this.release();
    await this.settled();
    this.#closed = true;
  }

  async #run(): Promise<void> {
    for (let next = this.#next; next !== null; next = this.#next) {
      try {
        await this.#publish(next);
      } catch (error) {
        // Not fatal: everything is in the store. Tried again later, or with the next checkpoint.
        this.#options.onFailure?.(error);
        const timer = setTimeout(() => {
          const again = this.#next;
          if (again === null) return;
          this.#next = null;
          this.offer(again);
        }, this.#options.retryMs ?? 1_000);
        timer.unref();
        return;
      }
      if (this.#next === next) this.#next = null;
    }
  }

  async #publish(next: Published): Promise<void> {
    for (const tile of tilesBetween(this.#current?.size ?? 0, next.size)) {
      if (tile.width === TILE_WIDTH) await this.#options.files.writeFullTile(tile);
    }
    this.#options.at?.('tiles-written');
    await this.#options.files.writeCheckpoint(next.note);
    // COMMIT POINT C5: from here on everyone may hold this checkpoint.
    this.#current = next;
    this.#options.onPublished?.();
    this.#options.at?.('checkpoint-published');
    for (const waiter of [...this.#waiters]) if (next.size >= waiter.min) waiter.wake();
  }
}
