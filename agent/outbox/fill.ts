// When the spool will be full at the present rate: a person who sees it has time to do something. Pure.

export interface FillSample {
  readonly atMs: number;
  readonly bytes: number;
}

/** A sample each this often, and as many. */
const EVERY_MS = 10_000;
const SAMPLES = 60;

/** Adds a sample when it is time for one; the last ten minutes stay. */
export function sampleFill(samples: readonly FillSample[], sample: FillSample): readonly FillSample[] {
  const last = samples.at(-1);
  if (last !== undefined && sample.atMs - last.atMs < EVERY_MS) return samples;
  return [...samples.slice(1 - SAMPLES), sample];
}

/** Milliseconds from now until full; null while it does not grow, or is not known yet. */
export function fillsIn(samples: readonly FillSample[], now: FillSample, limit: number): number | null {
  const first = samples[0];
  if (first === undefined || now.atMs - first.atMs < EVERY_MS) return null;
  const growth = (now.bytes - first.bytes) / (now.atMs - first.atMs);
  return growth <= 0 ? null : Math.max(0, limit - now.bytes) / growth;
}
