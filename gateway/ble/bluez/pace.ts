// How often a device is reported. What it repeats is worth little, what it says anew is worth much: repeats come at most
// twice a second, news at once up to a rate, and beyond that rate the newest of it a moment later, never lost.
import { TokenBucket } from '../../token-bucket.ts';

const REPEAT_MS = 500;
const NEWS_PER_SECOND = 4;
const NEWS_BURST = 8;

interface Pace {
  reportedMs: number;
  readonly news: TokenBucket;
  /** There is news that was not reported. */
  late: boolean;
}

export class SightingPace {
  readonly #paces = new Map<string, Pace>();
  #late = 0;

  /** Whether there is late news of some device: ask `due` in a while. */
  get waits(): boolean {
    return this.#late > 0;
  }

  /** Whether to report `device`, which was just heard, now. `fresh`: it says what it did not say before. */
  heard(device: string, fresh: boolean, nowMs: number): boolean {
    const pace = this.#paces.get(device) ?? this.#meet(device, nowMs);
    if (!fresh && nowMs - pace.reportedMs < REPEAT_MS) return false;
    if ((fresh || pace.late) && !pace.news.take(1, nowMs)) {
      if (!pace.late) this.#late += 1;
      pace.late = true;
      return false;
    }
    this.#reported(pace, nowMs);
    return true;
  }

  /** The devices whose late news may be reported now. */
  due(nowMs: number): string[] {
    const due: string[] = [];
    for (const [device, pace] of this.#paces) {
      if (!pace.late || !pace.news.take(1, nowMs)) continue;
      this.#reported(pace, nowMs);
      due.push(device);
    }
    return due;
  }

  forget(device: string): void {
    if (this.#paces.get(device)?.late) this.#late -= 1;
    this.#paces.delete(device);
  }

  clear(): void {
    this.#paces.clear();
    this.#late = 0;
  }

  #meet(device: string, nowMs: number): Pace {
    const pace = {
      reportedMs: Number.NEGATIVE_INFINITY,
      news: new TokenBucket(NEWS_PER_SECOND, NEWS_BURST, nowMs),
      late: false,
    };
    this.#paces.set(device, pace);
    return pace;
  }

  #reported(pace: Pace, nowMs: number): void {
    if (pace.late) this.#late -= 1;
    pace.late = false;
    pace.reportedMs = nowMs;
  }
}
