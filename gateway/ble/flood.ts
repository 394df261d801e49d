// How much one device may send: packets and bytes a second, each with a burst. One that sends more is left alone for a
// while, twice as long each time that it goes on. Pure: time comes in.
import { TokenBucket } from '../token-bucket.ts';

export interface FloodLimits {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly floodMs: number;
}

/** Seconds of the steady rate that may come at once. */
const BURST_SECONDS = 2;
const LONGEST = 8;
/** Calm for so many times the last pause: the next one is as short as the first. */
const FORGIVEN_AFTER = 10;

/** `flooded` begins a pause, once; what follows is `ignored` until it is over. */
export type Verdict = 'taken' | 'flooded' | 'ignored';

export class Flood {
  readonly #limits: FloodLimits;
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;
  #pauseMs: number;
  #until = Number.NEGATIVE_INFINITY;

  constructor(limits: FloodLimits, nowMs: number) {
    const { packetsPerSecond, bytesPerSecond, floodMs } = limits;
    this.#limits = limits;
    this.#packets = new TokenBucket(packetsPerSecond, packetsPerSecond * BURST_SECONDS, nowMs);
    this.#bytes = new TokenBucket(bytesPerSecond, bytesPerSecond * BURST_SECONDS, nowMs);
    this.#pauseMs = floodMs;
  }

  /** One packet. */
  take(bytes: number, nowMs: number): Verdict {
    if (nowMs < this.#until) return 'ignored';
    if (this.#packets.take(1, nowMs) && this.#bytes.take(bytes, nowMs)) return 'taken';
    const calmMs = nowMs - this.#until;
    this.#pauseMs =
      calmMs > FORGIVEN_AFTER * this.#pauseMs
        ? this.#limits.floodMs
        : Math.min(2 * this.#pauseMs, LONGEST * this.#limits.floodMs);
    this.#until = nowMs + this.#pauseMs;
    return 'flooded';
  }

  /** How long it is still left alone (ms); 0 when it is not. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.#until - nowMs);
  }
}
