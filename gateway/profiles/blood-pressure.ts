// The Blood Pressure service: a finished measurement (2A35), the pressure in the cuff while it is inflated (2A36), which
// has the same fields, and what the cuff can tell (2A49). Values stay in the unit of the device.
import type { Value } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { type BitNames, bits, hasBit, toleratedFlags } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, type Facts, factsOnly, oneMeasurement } from './decoded.ts';
import { readSfloat } from './float.ts';
import { type MeasuredOptions, measured, type NamedContext } from './measured.ts';
import { Packet } from './packet.ts';
import { knownUser, userFacts } from './user-id.ts';
import { valueText } from './value-text.ts';

/** Shipped cuffs set others, which announce nothing. */
const KNOWN_FLAGS = 0b1_1111;

/** Bits 3 and 4 are one number: PULSE_RANGES. */
const STATUS: BitNames = ['bodyMovementDetected', 'cuffTooLoose', 'irregularPulseDetected'];
const POSITION = 5;
const PULSE_RANGES = ['within', 'above', 'below', 'reserved'] as const;

const FEATURES: BitNames = [
  'bodyMovementDetectionSupported',
  'cuffFitDetectionSupported',
  'irregularPulseDetectionSupported',
  'pulseRateRangeDetectionSupported',
  'measurementPositionDetectionSupported',
  'multipleBondsSupported',
  'e2eCrcSupported',
  'userDataServiceSupported',
  'userFacingTimeSupported',
];

interface CuffPacket {
  readonly unit: 'mm[Hg]' | 'kPa';
  /** Systolic, diastolic, mean; of an intermediate packet only the first is used. */
  readonly pressures: readonly [Value, Value, Value];
  readonly options: MeasuredOptions;
  /** The pulse rate, if it was sent. */
  readonly pulse: readonly Measured[];
  readonly facts: Facts;
}

/** The fields that both measurements have. */
function readCuff(bytes: Uint8Array): CuffPacket {
  const packet = new Packet(bytes);
  const flags = packet.uint8();
  const pressures = [readSfloat(packet), readSfloat(packet), readSfloat(packet)] as const;
  const deviceTime = hasBit(flags, 1) ? readDateTime(packet) : null;
  const pulse = hasBit(flags, 2) ? readSfloat(packet) : null;
  const userId = hasBit(flags, 3) ? packet.uint8() : null;
  const status = hasBit(flags, 4) ? packet.uint16() : null;
  packet.end();
  const context: NamedContext = { status, deviceUser: knownUser(userId) };
  const range = status === null ? null : PULSE_RANGES[(status >> 3) & 0b11];
  const outOfRange = range === 'above' || range === 'below' ? range : null;
  return {
    unit: hasBit(flags, 0) ? 'kPa' : 'mm[Hg]',
    pressures,
    options: { deviceTime, context },
    pulse:
      pulse === null
        ? []
        : [measured('MDC_PULS_RATE_NON_INV', '/min', pulse, { deviceTime, context: { ...context, outOfRange } })],
    facts: {
      ...toleratedFlags(flags, KNOWN_FLAGS),
      ...(deviceTime === null ? {} : { timestamp: deviceTime }),
      ...userFacts(userId),
      ...(status === null ? {} : { status, statusNames: statusNames(status), pulseRateRange: range ?? 'reserved' }),
    },
  };
}

function statusNames(status: number): string[] {
  const range = PULSE_RANGES[(status >> 3) & 0b11];
  const named: (string | null)[] = [...STATUS];
  // Each of the two bits is shown by the one name of the number that they are.
  named[3] = range === 'reserved' ? 'reserved3' : 'pulseRateAboveUpperLimit';
  named[4] = range === 'reserved' ? 'reserved4' : 'pulseRateBelowLowerLimit';
  named[POSITION] = 'improperMeasurementPosition';
  return bits(status, named);
}

function decodeBloodPressure(bytes: Uint8Array): DecodedPacket {
  const { unit, pressures, options, pulse, facts } = readCuff(bytes);
  const [systolic, diastolic, mean] = pressures;
  const readings = [
    measured('MDC_PRESS_BLD_NONINV_SYS', unit, systolic, options),
    measured('MDC_PRESS_BLD_NONINV_DIA', unit, diastolic, options),
    measured('MDC_PRESS_BLD_NONINV_MEAN', unit, mean, options),
    ...pulse,
  ];
  return oneMeasurement(bytes, readings, facts);
}

/** The specification leaves two of the three pressures unused (NaN); what a cuff puts there is no measurement. */
function decodeCuffPressure(bytes: Uint8Array): DecodedPacket {
  const { unit, pressures, options, pulse, facts } = readCuff(bytes);
  const [pressure, ...unused] = pressures;
  const readings = [measured('cuffPressure', unit, pressure, options), ...pulse];
  return oneMeasurement(bytes, readings, { ...facts, unusedValues: unused.map(valueText) });
}

function decodeFeatures(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint16();
  packet.end();
  return factsOnly({ features, featureNames: bits(features, FEATURES) });
}

export const BLOOD_PRESSURE: CharacteristicTable = {
  '2A35': { name: 'Blood Pressure Measurement', decode: decodeBloodPressure },
  '2A36': { name: 'Intermediate Cuff Pressure', decode: decodeCuffPressure },
  '2A49': { name: 'Blood Pressure Feature', decode: decodeFeatures },
};
