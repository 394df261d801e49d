// Failed logins are answered late once an address has had its free ones. A right password is never delayed, so a
// stranger behind the same address cannot lock a device out; passwords are random, so guessing is hopeless anyway.
import { TokenBucket } from '../token-bucket.ts';

/** Addresses remembered; beyond it the oldest is forgotten. */
const ADDRESSES = 4096;
const FORGIVEN_PER_SECOND = 0.1;

export class LoginThrottle {
  readonly #free: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(freeFailures: number) {
    this.#free = freeFailures;
  }

  /** Notes a failure; true when its answer is to be delayed. */
  failed(address: string, nowMs: number): boolean {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      this.#forget(nowMs);
      bucket = new TokenBucket(FORGIVEN_PER_SECOND, this.#free, nowMs);
      this.#buckets.set(address, bucket);
    }
    return !bucket.take(1, nowMs);
  }

  #forget(nowMs: number): void {
    if (this.#buckets.size < ADDRESSES) return;
    for (const [address, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(address);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= ADDRESSES && !oldest.done) this.#buckets.delete(oldest.value);
  }
}
