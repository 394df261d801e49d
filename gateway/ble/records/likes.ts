// Observations that are known by what they say and when: equal ones of one moment are as many measurements, and each of
// them is the same when it comes once more from the store. They are told apart by their place among their like.
import { toHex } from '@vitalseal/ledger';
import type { RecordKey } from './identity.ts';

/** The latest moment by the device's clock, and how often each observation of it came. */
export interface Moment {
  /** Device time. */
  readonly time: string;
  /** By hash. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Different observations of a moment that are counted; a sensor has a few. */
const MOST_COUNTED = 256;

/** The key of the next one of its like. */
export function nextLike(
  moment: Moment | null,
  time: string,
  key: RecordKey,
): { readonly moment: Moment; readonly key: RecordKey } {
  const counts = moment?.time === time ? moment.counts : new Map<string, number>();
  const like = toHex(key.hash);
  const before = counts.get(like) ?? 0;
  const isCounted = before > 0 || counts.size < MOST_COUNTED;
  const next = isCounted ? new Map(counts).set(like, before + 1) : counts;
  return {
    moment: { time, counts: next },
    key: before === 0 ? key : { ...key, series: `${key.series}/${before}` },
  };
}
