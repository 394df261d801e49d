// The gateway's clock as a pure rule over what the platform says: integer milliseconds, and how far to trust them.
import type { BootClock, ClockQuality, ClockSample } from '../contract.ts';

/** What a platform tells about its clocks. `monotonicMs` counts since boot; both may be fractional. */
export interface PlatformClock {
  wallMs(): number;
  monotonicMs(): number;
  /** Null where the platform does not say whether its clock is synchronised. */
  synchronised(): boolean | null;
  bootId(): string | null;
}

/** Synchronisation changes rarely and costs a system call, so it is looked at this often (ms). */
const LOOK_EVERY_MS = 5000;
/** No gateway ran before 2024: a wall clock that says so was never set. */
const SET_AFTER_MS = 1_704_067_200_000;

/** A clock reader over a platform's clocks; the quality is at most five seconds old. */
export function bootClock(platform: PlatformClock): BootClock {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let synchronised: boolean | null = null;
  return {
    bootId: platform.bootId(),
    now(): ClockSample {
      const monotonicMs = Math.floor(platform.monotonicMs());
      if (monotonicMs - lookedAt >= LOOK_EVERY_MS) {
        synchronised = platform.synchronised();
        lookedAt = monotonicMs;
      }
      const wallMs = Math.floor(platform.wallMs());
      return { wallMs, monotonicMs, clock: qualityOf(wallMs, synchronised) };
    },
  };
}

function qualityOf(wallMs: number, synchronised: boolean | null): ClockQuality {
  if (wallMs < SET_AFTER_MS || synchronised === null) return 'unknown';
  return synchronised ? 'synchronised' : 'unsynchronised';
}
