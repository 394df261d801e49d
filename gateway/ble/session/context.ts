// What a session adds to each reading it brought: how the device's clock stands, whether the record was stored, when the
// sensor's session began.
import { CONTEXT, type ReadingContext } from '@vitalseal/ledger';
import type { UncountedReading } from '../../contract.ts';
import { type Measured, type Stamp, stamped } from '../../decoding/stamp.ts';
import type { ClockLook } from '../time/device-clock.ts';

/** What the readings of one connection share, made once a look at the clock; null when there is nothing to say. */
export function sharedContext(
  clock: ClockLook | null,
  sessionStart: string | null,
  stored: boolean,
): ReadingContext | null {
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

/** A reading of a `deliver` effect with the stamp of its arrival. What the packet itself says goes before `extra`. */
export function inSession(measured: Measured, extra: ReadingContext | null, stamp: Stamp): UncountedReading {
  const reading = stamped(measured, stamp);
  if (extra === null) return reading;
  // The same object for all readings without a context of their own: most of them.
  if (reading.context === null) return { ...reading, context: extra };
  return { ...reading, context: new Map([...extra, ...reading.context]) };
}
