// The Generic Health Sensor service (0x1840): live (2B8B) and stored (2BDD) observations of any kind of sensor, its
// features (2BF3), control point (2BF4) and schedule (2BF1). Observations that come in segments are put together by
// health-sensor-segments.
import { toHex, VitalsealError } from '@vitalseal/ledger';
import { termOfCode } from '../codes/mdc.ts';
import { bits, hasBit, nameOf, toleratedFlags } from './bits.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, factsOnly, NOTHING } from './decoded.ts';
import { readFloat } from './float.ts';
import { readObservation } from './health-observation.ts';
import { segmentHeader } from './health-sensor-segments.ts';
import { Packet } from './packet.ts';
import { valueText } from './value-text.ts';

/** Live observations. */
export const LIVE_OBSERVATIONS = '2B8B';
/** Stored observations: each has its record number before it. */
export const STORED_OBSERVATIONS = '2BDD';

/** Term codes of partition 8 (device specialisations). */
const SPECIALIZATIONS: Readonly<Record<number, string>> = {
  4100: 'pulseOximeter',
  4102: 'basicEcg',
  4103: 'bloodPressure',
  4104: 'thermometer',
  4111: 'scale',
  4113: 'glucose',
  4114: 'coagulation',
  4115: 'insulinPump',
  4116: 'bodyComposition',
  4117: 'peakFlow',
  4118: 'urine',
  4120: 'sleepApnoea',
  4121: 'continuousGlucose',
};

const OPERATIONS: Readonly<Record<number, string>> = {
  1: 'startSendingLiveObservations',
  2: 'stopSendingLiveObservations',
  128: 'success',
  129: 'serverBusy',
  130: 'errorLiveObservations',
};

/**
 * One observation that is whole, without segment headers: what `assemble` gives. `stored`: its record number is before
 * it. Throws the characteristic_* errors and `time_malformed`.
 */
export function decodeObservation(value: Uint8Array, stored: boolean): DecodedPacket {
  const packet = new Packet(value);
  const recordNumber = stored ? packet.uint32() : null;
  // Without its number: what it was told with when it was live.
  const bytes = packet.rest();
  const { readings, facts, time, lasting } = readObservation(bytes);
  const record = recordNumber === null ? null : { sequence: recordNumber, baseTime: time };
  const all = recordNumber === null ? facts : { recordNumber, ...facts };
  return { measurements: [{ readings, facts: all, record, bytes, lasting }], facts: NOTHING };
}

/** One notification: an observation where it is whole, else what its header says. */
function decodeNotification(bytes: Uint8Array, stored: boolean): DecodedPacket {
  const { first, last, counter } = segmentHeader(bytes);
  const body = bytes.subarray(1);
  const facts = { firstSegment: first, lastSegment: last, segmentCounter: counter };
  if (first && last) return { ...decodeObservation(body, stored), facts };
  if (body.length === 0) throw new VitalsealError('characteristic_truncated', 'a segment with nothing in it');
  return factsOnly({ ...facts, segmentLength: body.length, segment: toHex(body) });
}

function decodeFeatures(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = packet.uint8();
  const types = Array.from({ length: packet.uint8() }, () => packet.uint32());
  const facts: Record<string, Fact> = {
    ...toleratedFlags(flags, 1),
    flagNames: bits(flags, ['supportedDeviceSpecializationsPresent']),
    supportedObservationTypes: types,
    supportedObservationTypeNames: types.map((type) => termOfCode(type)?.refid ?? null),
  };
  if (hasBit(flags, 0)) {
    facts.supportedDeviceSpecializations = Array.from({ length: packet.uint8() }, () => {
      const specialization = packet.uint16();
      const specializationName = SPECIALIZATIONS[specialization] ?? null;
      return { specialization, specializationName, version: packet.uint8() };
    });
  }
  packet.end();
  return factsOnly(facts);
}

/** How often one kind of observation is measured and sent: both in seconds. */
function decodeSchedule(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const observationType = packet.uint32();
  const measurementPeriod = valueText(readFloat(packet));
  const updateInterval = valueText(readFloat(packet));
  packet.end();
  const observationTypeName = termOfCode(observationType)?.refid ?? null;
  return factsOnly({ observationType, observationTypeName, measurementPeriod, updateInterval });
}

function decodeControlPoint(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const opCode = packet.uint8();
  packet.end();
  if (!(opCode in OPERATIONS)) {
    throw new VitalsealError('characteristic_reserved', 'an operation that does not exist');
  }
  return factsOnly({ opCode, opCodeName: nameOf(opCode, OPERATIONS) });
}

export const HEALTH_SENSOR: CharacteristicTable = {
  [LIVE_OBSERVATIONS]: { name: 'Live Health Observations', decode: (bytes) => decodeNotification(bytes, false) },
  [STORED_OBSERVATIONS]: { name: 'Stored Health Observations', decode: (bytes) => decodeNotification(bytes, true) },
  '2BF1': { name: 'Observation Schedule Changed', decode: decodeSchedule },
  '2BF3': { name: 'Health Sensor Features', decode: decodeFeatures },
  '2BF4': { name: 'GHS Control Point', decode: decodeControlPoint },
};
