// Pauses that end at once when nobody wants to wait any more.

export class Pauses {
  readonly #waiting = new Set<() => void>();
  #ended = false;

  of(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** From now on there are none. */
  end(): void {
    this.#ended = true;
    for (const wake of this.#waiting) wake();
  }
}
