// Memory for request bodies and for blobs on their way out, reserved before a byte of one is read: in all, and by one network address no more than a
// quarter of it, so that announcing bodies and never sending them stops nobody else.
import { VitalsealError } from '@vitalseal/ledger';

interface Held {
  readonly name: string;
  readonly bytes: number;
}

export class Reservations {
  readonly #limit: number;
  readonly #held = new WeakMap<object, Held>();
  readonly #byName = new Map<string, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Reserves `bytes` for `holder`, in the name of an address. Throws `facility_busy`. */
  reserve(holder: object, name: string, bytes: number): void {
    if (bytes === 0) return;
    const own = (this.#byName.get(name) ?? 0) + bytes;
    if (this.#total + bytes > this.#limit || own > this.#limit / 4) throw new VitalsealError('facility_busy');
    this.#total += bytes;
    this.#byName.set(name, own);
    this.#held.set(holder, { name, bytes });
  }

  /** Gives back what `holder` has, if anything. */
  release(holder: object): void {
    const held = this.#held.get(holder);
    if (held === undefined) return;
    this.#held.delete(holder);
    this.#total -= held.bytes;
    const left = (this.#byName.get(held.name) ?? 0) - held.bytes;
    if (left > 0) this.#byName.set(held.name, left);
    else this.#byName.delete(held.name);
  }
}
