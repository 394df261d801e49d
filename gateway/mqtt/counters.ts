// Counts of what the broker did, by name and error code: numbers only, so that no metric can tell a value or a topic.
import type { ErrorCode } from '@vitalseal/ledger';

/** What happened to a message or client besides being taken: refused at the door, quarantined, or not kept by the sink. */
export type Outcome = 'refused' | 'quarantined' | 'failed';

export class Counters {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Counts an outcome as a whole and by its code: `refused` and `refused_topic_denied`. */
  outcome(outcome: Outcome, code: ErrorCode): void {
    this.add(outcome);
    this.add(`${outcome}_${code}`);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
