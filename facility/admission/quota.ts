// Token buckets, one for each name (a network address, a key behind one): what a client may ask for before any
// signature is looked at. Bounded: a flood of names forgets the buckets that are full again, never the empty ones first.

interface Bucket {
  tokens: number;
  at: number;
}

export interface QuotaOptions {
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** Tokens at most: what may be taken at once. */
  readonly burst: number;
  /** Monotonic ms. */
  readonly clock: () => number;
  readonly maxNames?: number;
}

export class Quota {
  readonly #options: QuotaOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** Takes `count` tokens of `name`, all or none. False: the quota is used up. */
  take(name: string, count = 1): boolean {
    const { perSecond, burst, clock } = this.#options;
    const now = clock();
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    const enough = tokens >= count;
    // Set anew, so that the map is ordered by last use.
    this.#buckets.delete(name);
    this.#buckets.set(name, { tokens: enough ? tokens - count : tokens, at: now });
    if (this.#buckets.size > (this.#options.maxNames ?? 10_000)) this.#forget(now);
    return enough;
  }

  #forget(now: number): void {
    const { perSecond, burst } = this.#options;
    for (const [name, bucket] of this.#buckets) {
      if (bucket.tokens + ((now - bucket.at) / 1_000) * perSecond >= burst) {
        this.#buckets.delete(name);
        return;
      }
    }
    // All in use: the one longest unused goes, because memory is bounded too.
    this.#buckets.delete(this.#buckets.keys().next().value as string);
  }
}
