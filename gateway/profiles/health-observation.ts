// A health observation of the Generic Health Sensor service: who, when, what kind, and a value of one of nine classes; a
// bundle holds several that share what it says once. Layout: GHS Service 1.0 (information model of IEEE 11073-10206).
import { VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { nameOf } from './bits.ts';
import type { Fact, Facts } from './decoded.ts';
import { clearTimeline } from './elapsed-time.ts';
import { checkContexts } from './observation-bounds.ts';
import { NO_HEADER, type ObservationHeader, optionsOf, readHeader } from './observation-header.ts';
import { BUNDLE, CLASS_NAMES, readValue } from './observation-values.ts';
import { Packet } from './packet.ts';

/** Class and length, which no known implementation but one counts into the length. */
const PREFIX = 3;

export interface HealthObservation {
  readonly readings: readonly Measured[];
  readonly facts: Facts;
  /** Device time of the observation, or of the bundle. */
  readonly time: string | null;
  /** The bytes that stay the same when the device's clock is set. */
  readonly lasting: Uint8Array;
}

type Parsed = Omit<HealthObservation, 'lasting'> & { readonly stamps: readonly Uint8Array[] };

/**
 * Decodes one observation, whole. Throws `characteristic_truncated`, `characteristic_malformed` (also for more than its
 * readings can hold), `characteristic_reserved`, `time_malformed`.
 */
export function readObservation(bytes: Uint8Array): HealthObservation {
  const packet = new Packet(bytes);
  const observation = observationOf(packet, NO_HEADER, false);
  packet.end();
  checkContexts(observation.readings);
  const { stamps, ...rest } = observation;
  // Not `slice`, which gives a view where the bytes are a Buffer.
  const lasting = Uint8Array.from(bytes);
  for (const { byteOffset } of stamps) clearTimeline(lasting.subarray(byteOffset - bytes.byteOffset));
  return { ...rest, lasting };
}

function observationOf(packet: Packet, around: ObservationHeader, inBundle: boolean): Parsed {
  const classType = packet.uint8();
  const length = packet.uint16();
  // One shipped simulator counts class and length in; where the observation stands alone, that can be told.
  const countsPrefix = !inBundle && length === packet.left + PREFIX;
  const body = new Packet(packet.take(countsPrefix ? length - PREFIX : length));
  if (CLASS_NAMES[classType] === undefined) {
    throw new VitalsealError('characteristic_reserved', 'a class of observation that does not exist yet');
  }
  const { header, facts } = readHeader(body, around);
  const all: Record<string, Fact> = { classType, classTypeName: nameOf(classType, CLASS_NAMES), length, ...facts };
  if (countsPrefix) all.lengthCountsPrefix = true;
  const time = header.time?.text ?? null;
  const own = header.time === null || header.time === around.time ? [] : [header.time.octets];
  if (classType === BUNDLE) {
    if (inBundle) throw new VitalsealError('characteristic_malformed', 'a bundle in a bundle');
    const members = Array.from({ length: body.uint8() }, () => observationOf(body, header, true));
    body.end();
    all.observations = members.map((member) => member.facts);
    const stamps = [...own, ...members.flatMap((member) => member.stamps)];
    return { readings: members.flatMap(({ readings }) => readings), facts: all, time, stamps };
  }
  if (header.type === null) throw new VitalsealError('characteristic_malformed', 'an observation without its type');
  const value = readValue(body, classType, header.type, optionsOf(header));
  body.end();
  return { readings: value.readings, facts: { ...all, ...value.facts }, time, stamps: own };
}
