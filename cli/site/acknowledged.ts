// What the simulated equipment was told is safe, and the comparison with what its owner can read: the demo believes no counter
// of the agent's, it counts readings that came back decrypted and proven.

export interface Numbered {
  readonly device: string;
  readonly code: string;
  readonly unit: string;
  readonly value: string;
}

export interface Comparison {
  /** Acknowledged readings that the owner cannot read. */
  readonly lost: number;
  /** Readings that the owner has more often than they were sent. */
  readonly duplicates: number;
}

/** A tally of readings by device, code, unit and exact value: equal readings are legitimate, so they are counted. */
export class Acknowledged {
  readonly #times = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(reading: Numbered): void {
    const key = keyOf(reading);
    this.#times.set(key, (this.#times.get(key) ?? 0) + 1);
    this.#total++;
  }

  /** `unanswered`: readings that were sent and neither acknowledged nor refused; they may be there, or not. */
  compare(found: Iterable<Numbered>, unanswered: number): Comparison {
    const missing = new Map(this.#times);
    let more = 0;
    for (const reading of found) {
      const key = keyOf(reading);
      const left = missing.get(key) ?? 0;
      if (left > 0) missing.set(key, left - 1);
      else more++;
    }
    let lost = 0;
    for (const left of missing.values()) lost += left;
    return { lost, duplicates: Math.max(0, more - unanswered) };
  }
}

function keyOf({ device, code, unit, value }: Numbered): string {
  return JSON.stringify([device, code, unit, withoutTrailingZeros(value)]);
}

/** A CBOR float cannot say that 5.0 was measured to one place: its reading comes back as 5. */
function withoutTrailingZeros(value: string): string {
  return /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
}
