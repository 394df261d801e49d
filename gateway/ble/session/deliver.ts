// From the bytes of a characteristic to effects: measurements on their way to the inbox, or quarantine with the reason.
import { CONTEXT, type ErrorCode, isVitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../../decoding/stamp.ts';
import { decodeCharacteristic } from '../../profiles/characteristics.ts';
import type { DecodedPacket, Measurement } from '../../profiles/decoded.ts';
import { decodeObservation, LIVE_OBSERVATIONS, STORED_OBSERVATIONS } from '../../profiles/health-sensor.ts';
import { type RecordKey, recordKey } from '../records/identity.ts';
import { CGM, CGM_MEASUREMENT, type Companions, lacksSessionStart, sessionOf, withFeatures } from './companions.ts';
import { contextFor } from './context.ts';
import type { Deliver, SessionEffect, Token } from './input.ts';
import type { Subscription } from './plan.ts';
import type { SessionState } from './state.ts';

/** Where a value comes from. */
export type Origin = Pick<Subscription, 'uuid' | 'service' | 'recorded'>;

const GLUCOSE_CONTEXT = '2A34';

/** The packet, or why it is none. Observations of a health sensor are whole here, and may be longer than a packet. */
export function decoded(uuid: string, bytes: Uint8Array, companions: Companions): DecodedPacket | ErrorCode {
  try {
    if (uuid === LIVE_OBSERVATIONS || uuid === STORED_OBSERVATIONS) {
      return decodeObservation(bytes, uuid === STORED_OBSERVATIONS);
    }
    return withFeatures(uuid, decodeCharacteristic(uuid, bytes), companions);
  } catch (error) {
    // A decoder that fails otherwise is broken; what it could not read is kept all the same.
    return isVitalsealError(error) ? error.code : 'characteristic_malformed';
  }
}

/** A value outside of any request for stored records. */
export function liveEffects(
  state: SessionState,
  origin: Origin,
  bytes: Uint8Array,
  packet: DecodedPacket | ErrorCode = decoded(origin.uuid, bytes, state.companions),
): readonly SessionEffect[] {
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
  return {
    kind: 'deliver',
    uuid: origin.uuid,
    measurement,
    extra: contextFor(state.extra, origin.service, stored),
    record,
    twin: twinOf(state, origin, measurement),
    stored,
    token,
  };
}

/** Whether its like may come again: a live value without number or time is itself, and equal ones are others. */
function isLasting({ record, readings }: Measurement): boolean {
  return record !== null || readings.some(isDated);
}

/** By a date, or by a counter of the device's. */
function isDated({ deviceTime, context }: Measured): boolean {
  return deviceTime !== null || context?.has(CONTEXT.sourceTicksMs) === true;
}

/** Null for what no RACP stores, and for what nobody knows which it is. */
export function keyOf(
  state: SessionState,
  origin: Origin,
  { record, bytes, lasting = bytes }: Measurement,
): RecordKey | null {
  if (!origin.recorded) return null;
  const { hashKey, device } = state.config;
  let session: string | null = null;
  if (origin.service === CGM) {
    if (lacksSessionStart(state.companions, state.link?.characteristics ?? [])) return null;
    session = sessionOf(state.companions, state.cursors);
  }
  // A meter that counts anew has other measurements under the same numbers, and the same meals.
  if (origin.uuid === GLUCOSE_CONTEXT && record !== null) session = state.baseTimes.get(record.sequence) ?? null;
  return recordKey(hashKey, device, origin.uuid, record, session, lasting);
}

/**
 * By what a value that came live without an id is found again among the records: an observation of a health sensor has no
 * number live, but the same time and bytes; a CGM's value has the same offset, in a session whose start was not known.
 */
function twinOf(
  state: SessionState,
  { uuid, service, recorded }: Origin,
  { record, readings, bytes, lasting = bytes }: Measurement,
): RecordKey | null {
  const { hashKey, device } = state.config;
  if (uuid === CGM_MEASUREMENT && recorded) return recordKey(hashKey, device, uuid, record, null, bytes);
  if (uuid !== LIVE_OBSERVATIONS && uuid !== STORED_OBSERVATIONS) return null;
  if (state.link?.records.some((step) => step.service === service) !== true) return null;
  if (!readings.some(isDated)) return null;
  return recordKey(hashKey, device, LIVE_OBSERVATIONS, null, null, lasting);
}
