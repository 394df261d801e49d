// The Body Composition service: body fat and up to nine figures that an analyser derives with it (2A9C), and what the
// analyser can tell (2A9B).
import type { Measured } from '../decoding/stamp.ts';
import { type BitNames, bits, hasBit, knownFlags } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, factsOnly, oneMeasurement } from './decoded.ts';
import { decimal, measured, NOT_A_NUMBER } from './measured.ts';
import { Packet } from './packet.ts';
import { IMPERIAL, METRIC, resolutionFacts, type ScaleUnits, type Step, UNSUCCESSFUL } from './scale.ts';
import { knownUser, userFacts } from './user-id.ts';

const KILOJOULE: Step = { unit: 'kJ', mantissa: 1, exponent: 0 };
const TENTH_PERCENT: Step = { unit: '%', mantissa: 1, exponent: -1 };
const TENTH_OHM: Step = { unit: 'Ohm', mantissa: 1, exponent: -1 };

/** The optional figures in the order of the packet: flag, code, and one count of it. */
const FIGURES: readonly (readonly [bit: number, code: string, step: (units: ScaleUnits) => Step])[] = [
  [3, 'basalMetabolism', () => KILOJOULE],
  [4, 'musclePercentage', () => TENTH_PERCENT],
  [5, 'muscleMass', ({ mass }) => mass],
  [6, 'MDC_MASS_BODY_FAT_FREE', ({ mass }) => mass],
  [7, 'MDC_MASS_BODY_SOFT_LEAN', ({ mass }) => mass],
  [8, 'MDC_BODY_WATER', ({ mass }) => mass],
  [9, 'bodyImpedance', () => TENTH_OHM],
  [10, 'MDC_MASS_BODY_ACTUAL', ({ mass }) => mass],
  [11, 'MDC_LEN_BODY_ACTUAL', ({ height }) => height],
];
const MULTIPLE_PACKETS = 12;
const KNOWN_FLAGS = 0x1fff;

const FEATURES: BitNames = [
  'timestampSupported',
  'multipleUsersSupported',
  'basalMetabolismSupported',
  'musclePercentageSupported',
  'muscleMassSupported',
  'fatFreeMassSupported',
  'softLeanMassSupported',
  'bodyWaterMassSupported',
  'impedanceSupported',
  'weightSupported',
  'heightSupported',
];
const FIRST_RESOLUTION_BIT = 11;
const FIRST_RESERVED_BIT = 18;

function decodeComposition(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint16(), KNOWN_FLAGS);
  const units = hasBit(flags, 0) ? IMPERIAL : METRIC;
  const fat = packet.uint16();
  const deviceTime = hasBit(flags, 1) ? readDateTime(packet) : null;
  const userId = hasBit(flags, 2) ? packet.uint8() : null;
  const options = { deviceTime, context: { deviceUser: knownUser(userId) } };
  const fatValue = fat === UNSUCCESSFUL ? NOT_A_NUMBER : decimal(fat, TENTH_PERCENT.exponent);
  const readings: Measured[] = [measured('MDC_BODY_FAT', TENTH_PERCENT.unit, fatValue, options)];
  for (const [bit, code, stepOf] of FIGURES) {
    if (!hasBit(flags, bit)) continue;
    const step = stepOf(units);
    readings.push(measured(code, step.unit, decimal(packet.uint16() * step.mantissa, step.exponent), options));
  }
  packet.end();
  return oneMeasurement(bytes, readings, {
    flags,
    ...(deviceTime === null ? {} : { timestamp: deviceTime }),
    ...userFacts(userId),
    // The rest of this measurement is in another packet, with the same time and user.
    multiplePackets: hasBit(flags, MULTIPLE_PACKETS),
    ...(fat === UNSUCCESSFUL ? { measurementUnsuccessful: true } : {}),
  });
}

function decodeFeatures(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint32();
  packet.end();
  const reserved = Math.floor(features / 2 ** FIRST_RESERVED_BIT) * 2 ** FIRST_RESERVED_BIT;
  return factsOnly({
    features,
    featureNames: bits((features % 2 ** FIRST_RESOLUTION_BIT) + reserved, FEATURES),
    ...resolutionFacts(features, FIRST_RESOLUTION_BIT),
  });
}

export const BODY_COMPOSITION: CharacteristicTable = {
  '2A9B': { name: 'Body Composition Feature', decode: decodeFeatures },
  '2A9C': { name: 'Body Composition Measurement', decode: decodeComposition },
};
