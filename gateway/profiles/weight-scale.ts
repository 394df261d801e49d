// The Weight Scale service: weight, with the body mass index that the scale makes of it and the height it knows (2A9D),
// and what the scale can tell (2A9E).
import type { Measured } from '../decoding/stamp.ts';
import { type BitNames, bits, hasBit, knownFlags } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, factsOnly, oneMeasurement } from './decoded.ts';
import { decimal, measured, NOT_A_NUMBER } from './measured.ts';
import { Packet } from './packet.ts';
import { IMPERIAL, METRIC, resolutionFacts, UNSUCCESSFUL } from './scale.ts';
import { knownUser, userFacts } from './user-id.ts';

const FEATURES: BitNames = ['timestampSupported', 'multipleUsersSupported', 'bmiSupported'];
const FIRST_RESOLUTION_BIT = 3;
const FIRST_RESERVED_BIT = 10;

function decodeWeight(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), 0b1111);
  const { mass, height } = hasBit(flags, 0) ? IMPERIAL : METRIC;
  const weight = packet.uint16();
  const deviceTime = hasBit(flags, 1) ? readDateTime(packet) : null;
  const userId = hasBit(flags, 2) ? packet.uint8() : null;
  const options = { deviceTime, context: { deviceUser: knownUser(userId) } };
  const value = weight === UNSUCCESSFUL ? NOT_A_NUMBER : decimal(weight * mass.mantissa, mass.exponent);
  const readings: Measured[] = [measured('MDC_MASS_BODY_ACTUAL', mass.unit, value, options)];
  if (hasBit(flags, 3)) {
    const index = decimal(packet.uint16(), -1);
    readings.push(measured('MDC_RATIO_MASS_BODY_LEN_SQ', 'kg/m2', index, options));
    const length = decimal(packet.uint16() * height.mantissa, height.exponent);
    readings.push(measured('MDC_LEN_BODY_ACTUAL', height.unit, length, options));
  }
  packet.end();
  return oneMeasurement(bytes, readings, {
    flags,
    ...(deviceTime === null ? {} : { timestamp: deviceTime }),
    ...userFacts(userId),
    ...(weight === UNSUCCESSFUL ? { measurementUnsuccessful: true } : {}),
  });
}

function decodeFeatures(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint32();
  packet.end();
  const flags = (features & 0b111) + Math.floor(features / 2 ** FIRST_RESERVED_BIT) * 2 ** FIRST_RESERVED_BIT;
  return factsOnly({
    features,
    featureNames: bits(flags, FEATURES),
    ...resolutionFacts(features, FIRST_RESOLUTION_BIT),
  });
}

export const WEIGHT_SCALE: CharacteristicTable = {
  '2A9D': { name: 'Weight Measurement', decode: decodeWeight },
  '2A9E': { name: 'Weight Scale Feature', decode: decodeFeatures },
};
