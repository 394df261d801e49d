// What questions and broken links say of the bonds between the host and its devices, by path. Pure: times come in.

/** Interference ends a link in the same way, now and then; a device that lost its key does it each time. */
const OFTEN = 3;
/** One that does it each time does it as often as it is tried: those of another day are another matter. */
const LATELY_MS = 600_000;
/** A device that is refused its pairing hangs up at once, if it does. */
const SOON_MS = 5_000;

export class Bonds {
  /** When a person was wanted, and there was none; until the next link is made. */
  readonly #wantedMs = new Map<string, number>();
  /** How many links in a row were cut short before one was of use, and when the last was. */
  readonly #cut = new Map<string, { readonly times: number; readonly atMs: number }>();

  /** A link is to be made. */
  begin(path: string): void {
    this.#wantedMs.delete(path);
  }

  /** A link is of use: nothing speaks against its key. One that failed in another way says nothing of that. */
  isGood(path: string): void {
    this.#cut.delete(path);
  }

  wantsPerson(path: string, nowMs: number): void {
    this.#wantedMs.set(path, nowMs);
  }

  /** On the last link, or on this one. */
  wantedPerson(path: string): boolean {
    return this.#wantedMs.has(path);
  }

  /** Whether a link that drops now does so because nobody was there. */
  hungUpAtRefusal(path: string, nowMs: number): boolean {
    return nowMs - (this.#wantedMs.get(path) ?? Number.NEGATIVE_INFINITY) < SOON_MS;
  }

  /** The link of a device that the host has a bond with was cut short. Answers whether the device must have lost its key. */
  lacksKey(path: string, nowMs: number): boolean {
    const last = this.#cut.get(path);
    const times = last !== undefined && nowMs - last.atMs < LATELY_MS ? last.times + 1 : 1;
    this.#cut.set(path, { times, atMs: nowMs });
    return times >= OFTEN;
  }

  forget(path: string): void {
    this.#wantedMs.delete(path);
    this.#cut.delete(path);
  }

  clear(): void {
    this.#wantedMs.clear();
    this.#cut.clear();
  }
}
