// From the bytes of a characteristic to effects: measurements on their way to the inbox, or quarantine with the reason.
import { type ErrorCode, isVitalsealError } from '@vitalseal/ledger';
import { decodeCharacteristic } from '../../profiles/characteristics.ts';
import type { DecodedPacket, Measurement } from '../../profiles/decoded.ts';
import { decodeObservation, LIVE_OBSERVATIONS, STORED_OBSERVATIONS } from '../../profiles/health-sensor.ts';
import { type RecordKey, recordKey } from '../records/identity.ts';
import type { Deliver, SessionEffect, Token } from './input.ts';
import type { Subscription } from './plan.ts';
import type { SessionState } from './state.ts';

/** Where a value comes from. */
export type Origin = Pick<Subscription, 'uuid' | 'service' | 'recorded'>;

const CGM = '181F';
const GLUCOSE_CONTEXT = '2A34';

/**
 * When a health sensor observed something, by its clock: live it has no number, and is known by its time and bytes. Null for
 * everything else, and where the clock is not to be relied on: one that stands still makes equal observations one.
 */
export function momentOf({ link }: SessionState, { uuid }: Origin, { readings }: Measurement): string | null {
  if (uuid !== LIVE_OBSERVATIONS && uuid !== STORED_OBSERVATIONS) return null;
  if (link?.clock == null || link.clock.fault !== null) return null;
  return readings.find(({ deviceTime }) => deviceTime !== null)?.deviceTime ?? null;
}

/** The packet, or why it is none. Observations of a health sensor are whole here, and may be longer than a packet. */
export function decoded(uuid: string, bytes: Uint8Array): DecodedPacket | ErrorCode {
  try {
    if (uuid === LIVE_OBSERVATIONS || uuid === STORED_OBSERVATIONS) {
      return decodeObservation(bytes, uuid === STORED_OBSERVATIONS);
    }
    return decodeCharacteristic(uuid, bytes);
  } catch (error) {
    // A decoder that fails otherwise is broken; what it could not read is kept all the same.
    return isVitalsealError(error) ? error.code : 'characteristic_malformed';
  }
}

/** A value outside of any request for stored records. */
export function liveEffects(state: SessionState, origin: Origin, bytes: Uint8Array): readonly SessionEffect[] {
  const packet = decoded(origin.uuid, bytes);
  if (typeof packet === 'string') return [quarantine(origin, bytes, packet, null)];
  return packet.measurements.map((measurement) => deliver(state, origin, measurement, false, null));
}

export function quarantine({ uuid }: Origin, bytes: Uint8Array, reason: ErrorCode, token: Token | null): SessionEffect {
  return { kind: 'quarantine', uuid, bytes, reason, token };
}

export function deliver(
  state: SessionState,
  origin: Origin,
  measurement: Measurement,
  stored: boolean,
  token: Token | null,
  record: RecordKey | null = isLasting(measurement) ? keyOf(state, origin, measurement) : null,
): Deliver {
  const { extra } = state;
  const inSession = origin.service === CGM && origin.recorded;
  return {
    kind: 'deliver',
    uuid: origin.uuid,
    measurement,
    extra: stored ? (inSession ? extra.sessionStored : extra.stored) : inSession ? extra.sessionLive : extra.live,
    record,
    stored,
    token,
  };
}

/** Whether its like may come again: a live value without number or time is itself, and equal ones are others. */
function isLasting({ record, readings }: Measurement): boolean {
  return record !== null || readings.some(({ deviceTime }) => deviceTime !== null);
}

/** Null for what no RACP stores. */
export function keyOf(state: SessionState, origin: Origin, measurement: Measurement): RecordKey | null {
  if (momentOf(state, origin, measurement) !== null) {
    return recordKey(state.config.hashKey, state.config.device, LIVE_OBSERVATIONS, null, null, measurement.bytes);
  }
  if (!origin.recorded) return null;
  const { record, bytes } = measurement;
  let session: string | null = null;
  if (origin.service === CGM) session = state.sessionStart;
  // A meter that counts anew has other measurements under the same numbers, and the same meals.
  if (origin.uuid === GLUCOSE_CONTEXT && record !== null) session = state.baseTimes.get(record.sequence) ?? null;
  return recordKey(state.config.hashKey, state.config.device, origin.uuid, record, session, bytes);
}
