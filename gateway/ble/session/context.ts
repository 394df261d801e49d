// What a session adds to each reading it brought: how the device's clock stands, whether the record was stored, what its
// service says of all of them.
import { type CborValue, CONTEXT, type ReadingContext } from '@vitalseal/ledger';
import type { UncountedReading } from '../../contract.ts';
import { faultOfDateTime } from '../../decoding/device-time.ts';
import { type Measured, type Stamp, stamped } from '../../decoding/stamp.ts';
import type { ClockLook } from '../time/device-clock.ts';
import { type Companions, companionContexts } from './companions.ts';

/** Of live values and of stored ones. Null where there is nothing to say. */
export interface LiveAndStored {
  readonly live: ReadingContext | null;
  readonly stored: ReadingContext | null;
}

/** Shared by all readings of a connection, made once a look at the clock or at a companion. */
export interface SharedContexts extends LiveAndStored {
  /** For services that say more. */
  readonly services: ReadonlyMap<string, LiveAndStored>;
}

export function sharedContexts(clock: ClockLook | null, companions: Companions): SharedContexts {
  const both = (companion: ReadingContext | null) => ({
    live: sharedContext(clock, companion, false),
    stored: sharedContext(clock, companion, true),
  });
  const services = new Map([...companionContexts(companions)].map(([service, context]) => [service, both(context)]));
  return { ...both(null), services };
}

/** What stands beside a reading of this service. */
export function contextFor(shared: SharedContexts, service: string, stored: boolean): ReadingContext | null {
  const { live, stored: recorded } = shared.services.get(service) ?? shared;
  return stored ? recorded : live;
}

function sharedContext(
  clock: ClockLook | null,
  companion: ReadingContext | null,
  stored: boolean,
): ReadingContext | null {
  const context = new Map<number, CborValue>(companion ?? []);
  if (clock !== null && clock.fault !== 'unset') {
    context.set(CONTEXT.clockOffsetMs, clock.offsetMs);
    context.set(CONTEXT.clockUncertaintyMs, clock.uncertaintyMs);
    if (clock.ticks) context.set(CONTEXT.tickClock, true);
  }
  if (clock !== null && clock.fault !== null) context.set(CONTEXT.sourceTimeFault, clock.fault);
  if (stored) context.set(CONTEXT.stored, true);
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
