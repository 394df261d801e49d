// What a session adds to each reading it brought: how the device's clock stands, whether the record was stored, when the
// sensor's session began.
import { type CborValue, CONTEXT, type ReadingContext } from '@vitalseal/ledger';
import type { UncountedReading } from '../../contract.ts';
import { faultOfDateTime } from '../../decoding/device-time.ts';
import { type Measured, type Stamp, stamped } from '../../decoding/stamp.ts';
import type { ClockLook } from '../time/device-clock.ts';

/** Shared by all readings of a connection, made once a look at the clock. Null where there is nothing to say. */
export interface SharedContexts {
  readonly live: ReadingContext | null;
  readonly stored: ReadingContext | null;
  /** Of CGM records: with the session's start. */
  readonly sessionLive: ReadingContext | null;
  readonly sessionStored: ReadingContext | null;
}

export function sharedContexts(clock: ClockLook | null, sessionStart: string | null): SharedContexts {
  return {
    live: sharedContext(clock, null, false),
    stored: sharedContext(clock, null, true),
    sessionLive: sharedContext(clock, sessionStart, false),
    sessionStored: sharedContext(clock, sessionStart, true),
  };
}

function sharedContext(clock: ClockLook | null, sessionStart: string | null, stored: boolean): ReadingContext | null {
  const context = new Map<number, string | number | boolean>();
  if (clock !== null && clock.fault !== 'unset') {
    context.set(CONTEXT.clockOffsetMs, clock.offsetMs);
    context.set(CONTEXT.clockUncertaintyMs, clock.uncertaintyMs);
  }
  if (clock !== null && clock.fault !== null) context.set(CONTEXT.sourceTimeFault, clock.fault);
  if (stored) context.set(CONTEXT.stored, true);
  if (sessionStart !== null) context.set(CONTEXT.sessionStart, sessionStart);
  return context.size === 0 ? null : context;
}

/**
 * A reading of a `deliver` effect with the stamp of its arrival. What the packet says of itself goes before `extra`. A time
 * that cannot be is flagged, here for the reading alone: it may have been stored before the clock was set.
 */
export function inSession(measured: Measured, extra: ReadingContext | null, stamp: Stamp): UncountedReading {
  const reading = stamped(measured, stamp);
  const fault = reading.deviceTime === null ? null : faultOfDateTime(reading.deviceTime, stamp);
  if (extra === null && fault === null) return reading;
  // The same object for all readings without a context of their own: most of them.
  if (reading.context === null && fault === null) return { ...reading, context: extra };
  const context = new Map<number, CborValue>();
  if (fault !== null) context.set(CONTEXT.sourceTimeFault, fault);
  for (const [key, value] of extra ?? []) context.set(key, value);
  for (const [key, value] of reading.context ?? []) context.set(key, value);
  return { ...reading, context };
}
