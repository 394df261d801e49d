// What frames the records of a continuous glucose monitor: its features (2AA8), status (2AA9), when the session began
// (2AAA) and how long it may run (2AAB). Layout: CGM Service 1.0.2.
import { VitalsealError } from '@vitalseal/ledger';
import { bits, hasBit } from './bits.ts';
import { cgmStatusFacts } from './cgm-status.ts';
import { checkedCrc } from './crc.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, type Facts, factsOnly } from './decoded.ts';
import { glucoseSample } from './glucose-sample.ts';
import { readLocalTime } from './local-time.ts';
import { Packet } from './packet.ts';

const FEATURES = [
  'calibration',
  'patientHighLowAlerts',
  'hypoAlerts',
  'hyperAlerts',
  'rateOfIncreaseDecreaseAlerts',
  'deviceSpecificAlert',
  'sensorMalfunctionDetection',
  'sensorTemperatureHighLowDetection',
  'sensorResultHighLowDetection',
  'lowBatteryDetection',
  'sensorTypeErrorDetection',
  'generalDeviceFault',
  'e2eCrc',
  'multipleBond',
  'multipleSessions',
  'cgmTrendInformation',
  'cgmQuality',
];
const E2E_CRC_SUPPORTED = 12;
/** Stands where the checksum would, in the features of a device that has none. */
const NO_CRC = 0xffff;

function decodeFeature(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint24();
  const sample = glucoseSample(packet.uint8());
  const crc = packet.uint16();
  packet.end();
  const secured = hasBit(features, E2E_CRC_SUPPORTED);
  if (secured) checkedCrc(bytes);
  else if (crc !== NO_CRC) {
    throw new VitalsealError('characteristic_crc', 'a checksum, though the features say that there are none');
  }
  return factsOnly({ features, featureNames: bits(features, FEATURES), ...sample.facts, crc, crcSupported: secured });
}

function decodeStatus(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const timeOffset = packet.uint16();
  const state = { status: packet.uint8(), calTemp: packet.uint8(), warning: packet.uint8() };
  return factsOnly({ timeOffset, ...cgmStatusFacts(state), ...optionalCrc(packet) });
}

function decodeStartTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const sessionStartTime = readDateTime(packet);
  const localTime = readLocalTime(packet);
  return factsOnly({ sessionStartTime, ...localTime, ...optionalCrc(packet) });
}

function decodeRunTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  // Hours.
  const sessionRunTime = packet.uint16();
  return factsOnly({ sessionRunTime, ...optionalCrc(packet) });
}

/** The two octets that end a packet of a device with checksums. */
export function optionalCrc(packet: Packet): Facts {
  if (packet.left === 0) return {};
  packet.uint16();
  packet.end();
  return { crc: checkedCrc(packet.bytes) };
}

export const CGM_SESSION: CharacteristicTable = {
  '2AA8': { name: 'CGM Feature', decode: decodeFeature },
  '2AA9': { name: 'CGM Status', decode: decodeStatus },
  '2AAA': { name: 'CGM Session Start Time', decode: decodeStartTime },
  '2AAB': { name: 'CGM Session Run Time', decode: decodeRunTime },
};
