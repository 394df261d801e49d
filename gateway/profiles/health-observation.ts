// A health observation of the Generic Health Sensor service: who, when, what kind, and a value of one of nine classes; a
// bundle holds several that share what it says once. Layout: GHS Service 1.0 (information model of IEEE 11073-10206).
import { VitalsealError } from '@vitalseal/ledger';
import { termOfCode } from '../codes/mdc.ts';
import type { Measured } from '../decoding/stamp.ts';
import { bits, hasBit, nameOf } from './bits.ts';
import type { Fact, Facts } from './decoded.ts';
import { type ElapsedTime, readElapsedTime } from './elapsed-time.ts';
import { readFloat } from './float.ts';
import type { MeasuredOptions } from './measured.ts';
import { BUNDLE, CLASS_NAMES, readAttributes, readValue } from './observation-values.ts';
import { Packet } from './packet.ts';
import { valueText } from './value-text.ts';

const MEASUREMENT_STATUS = [
  'invalid',
  'questionable',
  'notAvailable',
  'calibrating',
  'testData',
  'earlyEstimate',
  'manuallyEntered',
  'setting',
  null,
  null,
  null,
  null,
  null,
  null,
  'thresholdError',
  'thresholdingDisabled',
];
const KNOWN_FLAGS = 10;
/** Class and length, which no known implementation but one counts into the length. */
const PREFIX = 3;

export interface HealthObservation {
  readonly readings: readonly Measured[];
  readonly facts: Facts;
  /** Device time of the observation, or of the bundle. */
  readonly time: string | null;
}

/** What an observation in a bundle has from the bundle. */
interface Shared {
  readonly type: number | null;
  readonly time: ElapsedTime | null;
  readonly status: number | null;
  readonly patient: number | null;
}

const NOTHING_SHARED: Shared = { type: null, time: null, status: null, patient: null };

/**
 * Decodes one observation, whole. Throws `characteristic_truncated`, `characteristic_malformed`,
 * `characteristic_reserved`, `time_malformed`.
 */
export function readObservation(bytes: Uint8Array): HealthObservation {
  const packet = new Packet(bytes);
  const observation = observationOf(packet, NOTHING_SHARED, false);
  packet.end();
  return observation;
}

function observationOf(packet: Packet, shared: Shared, inBundle: boolean): HealthObservation {
  const classType = packet.uint8();
  const length = packet.uint16();
  // One shipped simulator counts class and length in; where the observation stands alone, that can be told.
  const countsPrefix = !inBundle && length === packet.left + PREFIX;
  const body = new Packet(packet.take(countsPrefix ? length - PREFIX : length));
  const { header, facts } = readHeader(body, shared);
  const all: Record<string, Fact> = { classType, classTypeName: nameOf(classType, CLASS_NAMES), length, ...facts };
  if (countsPrefix) all.lengthCountsPrefix = true;
  const time = header.time?.text ?? null;
  if (classType === BUNDLE) {
    if (inBundle) throw new VitalsealError('characteristic_malformed', 'a bundle in a bundle');
    const members = Array.from({ length: body.uint8() }, () => observationOf(body, header, true));
    body.end();
    all.observations = members.map((member) => member.facts);
    return { readings: members.flatMap(({ readings }) => readings), facts: all, time };
  }
  if (header.type === null) throw new VitalsealError('characteristic_malformed', 'an observation without its type');
  const value = readValue(body, classType, header.type, optionsOf(header));
  body.end();
  return { readings: value.readings, facts: { ...all, ...value.facts }, time };
}

function readHeader(body: Packet, shared: Shared): { header: Shared; facts: Facts } {
  const flags = body.uint16();
  // What such a flag announces would be taken for the value.
  if (flags >> KNOWN_FLAGS !== 0) {
    throw new VitalsealError('characteristic_reserved', 'a flag of the observation is one that does not exist yet');
  }
  const facts: Record<string, Fact> = { flags };
  const type = hasBit(flags, 0) ? body.uint32() : null;
  if (type !== null) Object.assign(facts, { observationType: type, observationTypeName: refidOf(type) });
  const time = hasBit(flags, 1) ? readElapsedTime(body) : null;
  if (time !== null) facts.timeStamp = time.facts;
  // Seconds.
  if (hasBit(flags, 2)) facts.measurementDuration = valueText(readFloat(body));
  const status = hasBit(flags, 3) ? body.uint16() : null;
  if (status !== null) {
    Object.assign(facts, { measurementStatus: status, measurementStatusNames: bits(status, MEASUREMENT_STATUS) });
  }
  if (hasBit(flags, 4)) facts.observationId = body.uint32();
  const patient = hasBit(flags, 5) ? body.uint8() : null;
  if (patient !== null) facts.patient = patient;
  if (hasBit(flags, 6)) {
    const codes = numbers(body);
    facts.supplementalInformation = codes;
    facts.supplementalInformationNames = codes.map(refidOf);
  }
  if (hasBit(flags, 7)) facts.derivedFrom = numbers(body);
  if (hasBit(flags, 8)) facts.isMemberOf = numbers(body);
  if (hasBit(flags, 9)) facts.headerAttributes = readAttributes(body).map((attribute) => attribute.facts);
  const header = {
    type: type ?? shared.type,
    time: time ?? shared.time,
    status: status ?? shared.status,
    patient: patient ?? shared.patient,
  };
  return { header, facts };
}

function optionsOf({ time, status, patient }: Shared): MeasuredOptions {
  return {
    deviceTime: time?.text ?? null,
    context: {
      status,
      deviceUser: patient,
      // The device's clock was set after this was measured.
      sourceTimeFault: time !== null && !time.currentTimeline ? 'formerTimeline' : null,
    },
  };
}

function numbers(body: Packet): number[] {
  return Array.from({ length: body.uint8() }, () => body.uint32());
}

function refidOf(code: number): string | null {
  return termOfCode(code)?.refid ?? null;
}
