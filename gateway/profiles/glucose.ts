// Glucose Measurement (2A18) and Glucose Feature (2A51): what a blood glucose meter stores, one record a packet, counted
// by the meter, also where it has its state alone to say. Layout: Glucose Service 1.0.1 and the GATT Specification Supplement.
import type { Measured } from '../decoding/stamp.ts';
import { bits, hasBit, knownFlags } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, factsOnly, oneMeasurement } from './decoded.ts';
import { readSfloat } from './float.ts';
import { glucoseSample } from './glucose-sample.ts';
import { decimal, measured } from './measured.ts';
import { Packet } from './packet.ts';

const STATUS = [
  'deviceBatteryLow',
  'sensorMalfunction',
  'sampleSizeInsufficient',
  'stripInsertionError',
  'stripTypeIncorrect',
  'resultTooHigh',
  'resultTooLow',
  'temperatureTooHigh',
  'temperatureTooLow',
  'readInterrupted',
  'generalDeviceFault',
  'timeFault',
];

const FEATURES = [
  'lowBatteryDetection',
  'sensorMalfunctionDetection',
  'sensorSampleSize',
  'sensorStripInsertionErrorDetection',
  'sensorStripTypeErrorDetection',
  'sensorResultHighLowDetection',
  'sensorTemperatureHighLowDetection',
  'sensorReadInterruptDetection',
  'generalDeviceFault',
  'timeFault',
  'multipleBond',
];

/** The time offset has room for these two instead of a number: the user moved the clock further than it can say. */
const OVERRUN = 0x7fff;
const UNDERRUN = -0x8000;

function decodeMeasurement(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), 0b1_1111);
  const sequenceNumber = packet.uint16();
  const baseTime = readDateTime(packet);
  const timeOffset = hasBit(flags, 0) ? packet.int16() : null;
  const concentration = hasBit(flags, 1) ? readSfloat(packet) : null;
  const sample = hasBit(flags, 1) ? glucoseSample(packet.uint8()) : null;
  const status = hasBit(flags, 3) ? packet.uint16() : null;
  packet.end();

  const facts: Record<string, Fact> = { flags, sequenceNumber, baseTime };
  if (timeOffset !== null) facts.timeOffset = timeOffset;
  Object.assign(facts, sample?.facts);
  if (status !== null) Object.assign(facts, { status, statusNames: bits(status, STATUS) });
  facts.contextFollows = hasBit(flags, 4);

  const record = { sequence: sequenceNumber, baseTime };
  const options = {
    deviceTime: userFacingTime(baseTime, timeOffset ?? 0),
    context: {
      bodySite: sample?.bodySite,
      sampleType: sample?.typeName,
      sourceSequence: sequenceNumber,
      status,
      outOfRange: status === null ? null : outOfRange(status),
      sourceTimeFault: timeFault(status ?? 0, timeOffset),
    },
  };
  const readings: Measured[] = [];
  if (concentration !== null && sample !== null) {
    readings.push(measured(sample.refid, hasBit(flags, 2) ? 'mol/L' : 'kg/L', concentration, options));
  } else if (status !== null) {
    // "HI", "LO" or a faulty strip: bits 0 to 10 are those of the MDC term too, with the lowest as 1.
    readings.push(measured('MDC_GLU_METER_DEV_STATUS', '', decimal(status), options));
  }
  return oneMeasurement(bytes, readings, facts, record);
}

function outOfRange(status: number): string | null {
  if (hasBit(status, 5)) return 'above';
  return hasBit(status, 6) ? 'below' : null;
}

function timeFault(status: number, offset: number | null): string | null {
  if (offset === OVERRUN) return 'overrun';
  if (offset === UNDERRUN) return 'underrun';
  return hasBit(status, 11) ? 'timeFault' : null;
}

/** What the meter shows: base time + offset. Where one of both is unknown, the base time as it is. */
function userFacingTime(baseTime: string, offsetMinutes: number): string {
  if (offsetMinutes === 0 || offsetMinutes === OVERRUN || offsetMinutes === UNDERRUN) return baseTime;
  if (/^0000|-00/.test(baseTime)) return baseTime;
  const time = new Date(Date.parse(`${baseTime}Z`) + offsetMinutes * 60_000);
  // Out of the years that a date can say, of which 0 is "unknown", the offset cannot be meant.
  const year = time.getUTCFullYear();
  return year < 1 || year > 9999 ? baseTime : time.toISOString().slice(0, 19);
}

function decodeFeature(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint16();
  packet.end();
  return factsOnly({ features, featureNames: bits(features, FEATURES) });
}

export const GLUCOSE: CharacteristicTable = {
  '2A18': { name: 'Glucose Measurement', decode: decodeMeasurement },
  '2A51': { name: 'Glucose Feature', decode: decodeFeature },
};
