// What there is only so much of (memory for bodies and blobs, places to wait), reserved before it is used: in all, and by
// one network no more than a quarter of it, so that who takes and does not use it stops nobody else.
import { VitalsealError } from '@vitalseal/ledger';

interface Held {
  readonly name: string;
  readonly amount: number;
}

export class Reservations {
  readonly #limit: number;
  readonly #held = new WeakMap<object, Held>();
  readonly #byName = new Map<string, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Reserves `amount` for `holder`, which has none, in the name of an address. Throws `facility_busy`. */
  reserve(holder: object, name: string, amount: number): void {
    if (amount === 0) return;
    const own = (this.#byName.get(name) ?? 0) + amount;
    if (this.#total + amount > this.#limit || own > Math.max(1, this.#limit / 4))
      throw new VitalsealError('facility_busy');
    this.#total += amount;
    this.#byName.set(name, own);
    this.#held.set(holder, { name, amount });
  }

  /** Gives back what `holder` has, if anything. */
  release(holder: object): void {
    const held = this.#held.get(holder);
    if (held === undefined) return;
    this.#held.delete(holder);
    this.#total -= held.amount;
    const left = (this.#byName.get(held.name) ?? 0) - held.amount;
    if (left > 0) this.#byName.set(held.name, left);
    else this.#byName.delete(held.name);
  }
}
