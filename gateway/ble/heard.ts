// What was heard lately, for `scan`: the newest sighting of each address, within a bound that strangers cannot pass.
import type { BleAddress, Sighting } from './radio.ts';

export interface Heard {
  readonly sighting: Sighting;
  /** Monotonic ms. */
  readonly atMs: number;
}

export class HeardBook {
  readonly #limit: number;
  /** From the one longest not heard to the newest. */
  readonly #entries = new Map<BleAddress, Heard>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** True when the address was not in the book. The one that was longest not heard goes when there are too many. */
  hear(sighting: Sighting, atMs: number): boolean {
    const isNew = !this.#entries.delete(sighting.address);
    this.#entries.set(sighting.address, { sighting, atMs });
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value as BleAddress);
    return isNew;
  }

  /** What was `from` is `address` from now on. */
  identity(from: BleAddress, address: BleAddress): void {
    const entry = this.#entries.get(from);
    if (entry === undefined) return;
    this.#entries.delete(from);
    this.#entries.set(address, { ...entry, sighting: { ...entry.sighting, address } });
  }

  /** Its next sighting would say the same; one that is linked has none. */
  paired(address: BleAddress): void {
    const entry = this.#entries.get(address);
    if (entry !== undefined) this.#entries.set(address, { ...entry, sighting: { ...entry.sighting, paired: true } });
  }

  get(address: BleAddress): Heard | null {
    return this.#entries.get(address) ?? null;
  }

  forget(address: BleAddress): void {
    this.#entries.delete(address);
  }

  /** Heard at or after `sinceMs`, the newest last. */
  since(sinceMs: number): Sighting[] {
    const found: Sighting[] = [];
    for (const { sighting, atMs } of this.#entries.values()) if (atMs >= sinceMs) found.push(sighting);
    return found;
  }
}
