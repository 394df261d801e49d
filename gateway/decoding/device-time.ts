// The time that a device gives is kept as its own text. Here it is only looked at: a clock that cannot be right is
// flagged in the reading's context, never repaired, and nothing is reordered by it.
import type { ClockSample } from '../contract.ts';

/** A device's clock may run ahead of the gateway's by this much before it is called wrong (ms). */
const AHEAD_MS = 5 * 60_000;
/** Before 2000-01-01: a clock that was never set starts at 1970 or 1980. */
const UNSET_BEFORE_MS = 946_684_800_000;
/** RFC 3339 date-time; the zone may be missing, as many devices know none. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)?$/;

/** Why a device's time cannot be trusted: unreadable, without zone, never set, or ahead. Null: nothing is wrong. */
export type TimeFault = 'unreadable' | 'unset' | 'ahead';

/** Looks at a date-time text. One without a zone is read as UTC, and given a day's grace. */
export function faultOfDateTime(text: string, now: ClockSample): TimeFault | null {
  if (!DATE_TIME.test(text)) return 'unreadable';
  const zoned = /[Zz]$|[+-]\d\d:\d\d$/.test(text);
  const ms = Date.parse(zoned ? text : `${text}Z`);
  if (Number.isNaN(ms)) return 'unreadable';
  return faultOfUnixMs(zoned ? ms : ms - 86_400_000, now);
}

/** Looks at Unix time in ms. Only a gateway whose own clock is synchronised calls a device's clock ahead. */
export function faultOfUnixMs(ms: number, now: ClockSample): TimeFault | null {
  if (ms < UNSET_BEFORE_MS) return 'unset';
  if (now.clock === 'synchronised' && ms > now.wallMs + AHEAD_MS) return 'ahead';
  return null;
}
