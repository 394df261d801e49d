// How long to wait before trying again. Two different waits: for a link that is down, where a probe costs one packet and
// data should flow half a second after it is up; and for a facility that answers but says no, which wants to be left alone.

/** Milliseconds until the link is probed again: 100, 200, then about 400 for ever. `random` in [0, 1). */
export function probeDelay(failures: number, random: number): number {
  return Math.round(Math.min(400, 100 * 2 ** Math.min(failures, 4)) * (0.75 + random / 4));
}

/** Milliseconds until a facility that said no is asked again: from 250 doubling to 5,000, half of it jitter. */
export function retryDelay(failures: number, random: number): number {
  return Math.round(Math.min(5_000, 250 * 2 ** Math.min(failures, 8)) * (0.5 + random / 2));
}

/** Milliseconds between looks at a facility that showed a fork: it may be another server that answers for a while. */
export const FORK_RETRY_MS = 30_000;
/** Milliseconds until an alarm's record, whose blob is stored, is looked at again for its regular beat. */
export const BEAT_POLL_MS = 1_000;
