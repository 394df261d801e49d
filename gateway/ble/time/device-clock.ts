// A look at a device's clock: how far it is from the gateway's, how surely, and whether it can be right at all. Coincident
// time: the gateway never moves a device's times, it says next to them what the device's clock showed at a known moment.
import type { ClockSample } from '../../contract.ts';
import type { ShownTime } from './wire.ts';

/** Why a device's time cannot be trusted; as it stands in the context of its readings. */
export type ClockFault =
  /** No date, one that does not exist, or one before 2000: never set, or lost with the battery. */
  | 'unset'
  /** Went back against the gateway's clock since the last look, by what no time zone explains. */
  | 'jumped'
  /** More than a day off, after every time zone. */
  | 'far-off';

export interface ClockLook {
  /**
   * Device minus gateway, ms; includes the zone, since devices show local time without one. 0 where it showed no date. Of a
   * counter of ticks: the counter minus the gateway's clock.
   */
  readonly offsetMs: number;
  /** ± ms: half the round trip, and the resolution of the device's clock. */
  readonly uncertaintyMs: number;
  /** What of the offset is a time zone by all appearance: a multiple of 15 minutes; 0 for none. */
  readonly zoneMs: number;
  readonly fault: ClockFault | null;
  /** A counter of ticks has no date that could be wrong: it has no zone and no fault, and there is nothing to set. */
  readonly ticks: boolean;
  /** What the device showed, and the gateway's monotonic clock then: for the next look. Null where it showed no date: a counter may begin anew at any time. */
  readonly shown: { readonly ms: number; readonly monotonicMs: number } | null;
}

const QUARTER_HOUR_MS = 15 * 60_000;
/** The zones of this world, and daylight saving: UTC−12 to UTC+14. */
const WIDEST_ZONE_MS = 14 * 3_600_000;
/** An offset this near to a zone is taken for one: a clock set by hand is a minute off. */
const ZONE_SLACK_MS = 90_000;
const DAY_MS = 86_400_000;
const UNSET_BEFORE_MS = 946_684_800_000;
/** Crystals drift by 20 parts in a million; bad and cold ones by more. */
const DRIFT = 0.0002;
/** Displays round, and devices count their seconds from when they were asked. */
const SLACK_MS = 1000;

/** `sent` and `received`: the gateway's clocks around the read. `before`: the last look in this life of the process. */
export function lookAtClock(
  shown: ShownTime,
  sent: ClockSample,
  received: ClockSample,
  before: ClockLook | null,
): ClockLook {
  // Measured on the monotonic clock: the wall clock may have been stepped meanwhile.
  const halfTrip = Math.max(0, received.monotonicMs - sent.monotonicMs) / 2;
  const uncertaintyMs = Math.ceil(halfTrip + shown.resolutionMs);
  const { ticks } = shown;
  if (shown.ms === null) return { offsetMs: 0, uncertaintyMs, zoneMs: 0, fault: 'unset', ticks, shown: null };
  const offsetMs = Math.round(shown.ms - (received.wallMs - halfTrip));
  if (ticks) return { offsetMs, uncertaintyMs, zoneMs: 0, fault: null, ticks, shown: null };
  const now = { ms: Math.round(shown.ms), monotonicMs: Math.round(received.monotonicMs - halfTrip) };
  const look = { offsetMs, uncertaintyMs, zoneMs: zoneOf(offsetMs), ticks, shown: now };
  if (shown.ms < UNSET_BEFORE_MS) return { ...look, fault: 'unset' };
  // A gateway whose own clock is not synchronised cannot say whose fault it is.
  const isFar = received.clock === 'synchronised' && Math.abs(offsetMs) > WIDEST_ZONE_MS + DAY_MS;
  return { ...look, fault: isFar ? 'far-off' : wentBack(look, before) ? 'jumped' : null };
}

/** The zone that an offset looks like; 0 for none. */
export function zoneOf(offsetMs: number): number {
  const zone = Math.round(offsetMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
  const isZone = Math.abs(zone) <= WIDEST_ZONE_MS && Math.abs(offsetMs - zone) <= ZONE_SLACK_MS;
  return isZone && zone !== 0 ? zone : 0;
}

function wentBack({ shown, uncertaintyMs }: Omit<ClockLook, 'fault'>, before: ClockLook | null): boolean {
  if (shown === null || before === null || before.shown === null) return false;
  const elapsed = shown.monotonicMs - before.shown.monotonicMs;
  // The gateway's monotonic clock began again: nothing can be said.
  if (elapsed < 0) return false;
  const gained = shown.ms - before.shown.ms - elapsed;
  const allowed = uncertaintyMs + before.uncertaintyMs + SLACK_MS + elapsed * DRIFT;
  // The end of daylight saving, or a journey west, is no fault.
  return gained < -allowed && zoneOf(gained) === 0;
}

/** From here on a clock is worth setting: what a person sets by hand is not touched for less (ms). */
const WORTH_SETTING_MS = 5000;

/** What is done about a device's clock, and else why it is left alone. */
export type ClockSetting =
  | 'right'
  /** A whole time zone off, by all appearance: left alone. */
  | 'time-zone'
  /** Wrong, and nobody allowed it to be set. */
  | 'not-allowed'
  /** Wrong, as far as a gateway can tell whose own clock is not synchronised. */
  | 'gateway-unsynchronised'
  /** Wrong, and cannot be set, or not by us. */
  | 'not-settable'
  /** Wrong: set a few seconds from now, after what was stored under it is here. */
  | 'due'
  /** It was set, and is wrong all the same: until the next connection. */
  | 'not-taken';

/**
 * Of a clock that could be set: it is when it is allowed, when the gateway knows the time, and when the device does not. Null
 * for a counter, which is neither right nor wrong.
 */
export function clockSetting(look: ClockLook, allowed: boolean, gateway: ClockSample): ClockSetting | null {
  if (look.ticks) return null;
  const isOff = Math.abs(look.offsetMs - look.zoneMs) > WORTH_SETTING_MS + look.uncertaintyMs;
  if (look.fault === null && !isOff) return look.zoneMs === 0 ? 'right' : 'time-zone';
  if (!allowed) return 'not-allowed';
  return gateway.clock === 'synchronised' ? 'due' : 'gateway-unsynchronised';
}

/** The zone to keep when it is set; null: nothing is known of it, the gateway's own will do. */
export function zoneToKeep(look: ClockLook): number | null {
  return look.fault === 'unset' || look.fault === 'far-off' ? null : look.zoneMs;
}
