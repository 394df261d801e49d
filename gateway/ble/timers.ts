// The named timers of one session. A timer that is put off again and again, as the one that waits for the next stored
// record is, costs no timer of the host each time: it looks when it runs out whether it was put off meanwhile.

export type After = (ms: number, work: () => void) => () => void;

export class Timers<Id extends string> {
  readonly #after: After;
  readonly #nowMs: () => number;
  readonly #fire: (id: Id) => void;
  readonly #running = new Map<Id, { deadlineMs: number; undo: () => void }>();

  constructor(after: After, nowMs: () => number, fire: (id: Id) => void) {
    this.#after = after;
    this.#nowMs = nowMs;
    this.#fire = fire;
  }

  get size(): number {
    return this.#running.size;
  }

  /** One that runs starts again. */
  start(id: Id, ms: number): void {
    const deadlineMs = this.#nowMs() + ms;
    const running = this.#running.get(id);
    if (running !== undefined && running.deadlineMs <= deadlineMs) running.deadlineMs = deadlineMs;
    else {
      running?.undo();
      this.#arm(id, deadlineMs, ms);
    }
  }

  cancel(id: Id): void {
    this.#running.get(id)?.undo();
    this.#running.delete(id);
  }

  clear(): void {
    for (const { undo } of this.#running.values()) undo();
    this.#running.clear();
  }

  #arm(id: Id, deadlineMs: number, ms: number): void {
    const undo = this.#after(ms, () => {
      const until = this.#running.get(id)?.deadlineMs ?? 0;
      const leftMs = until - this.#nowMs();
      if (leftMs > 0) return this.#arm(id, until, leftMs);
      this.#running.delete(id);
      this.#fire(id);
    });
    this.#running.set(id, { deadlineMs, undo });
  }
}
