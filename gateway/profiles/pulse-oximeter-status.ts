// What an oximeter says of itself: the two status fields of its measurements, and which of their bits it can set at all
// (PLX Features, 2A60).
import { type BitNames, bits, hasBit } from './bits.ts';
import { type DecodedPacket, type Facts, factsOnly } from './decoded.ts';
import { Packet } from './packet.ts';

const MEASUREMENT_STATUS: BitNames = [
  ...[null, null, null, null, null],
  'measurementOngoing',
  'earlyEstimatedData',
  'validatedData',
  'fullyQualifiedData',
  'dataFromMeasurementStorage',
  'dataForDemonstration',
  'dataForTesting',
  'calibrationOngoing',
  'measurementUnavailable',
  'questionableMeasurementDetected',
  'invalidMeasurementDetected',
];

const FROM_STORAGE = 9;

const SENSOR_STATUS: BitNames = [
  'extendedDisplayUpdateOngoing',
  'equipmentMalfunctionDetected',
  'signalProcessingIrregularityDetected',
  'inadequateSignalDetected',
  'poorSignalDetected',
  'lowPerfusionDetected',
  'erraticSignalDetected',
  'nonpulsatileSignalDetected',
  'questionablePulseDetected',
  'signalAnalysisOngoing',
  'sensorInterferenceDetected',
  'sensorUnconnectedToUser',
  'unknownSensorConnected',
  'sensorDisplaced',
  'sensorMalfunctioning',
  'sensorDisconnected',
];

const FEATURES: BitNames = [
  'measurementStatusSupported',
  'deviceAndSensorStatusSupported',
  'measurementStorageForSpotCheckSupported',
  'timestampForSpotCheckSupported',
  'spo2PrFastSupported',
  'spo2PrSlowSupported',
  'pulseAmplitudeIndexSupported',
  'multipleBondsSupported',
];

export interface OximeterStatus {
  readonly facts: Facts;
  readonly context: {
    readonly status: number | null;
    readonly sensorStatus: number | null;
    readonly stored: true | null;
  };
}

/** The status fields that the packet's flags announce, in their order. */
export function readOximeterStatus(packet: Packet, hasMeasurement: boolean, hasSensor: boolean): OximeterStatus {
  const status = hasMeasurement ? packet.uint16() : null;
  const sensorStatus = hasSensor ? packet.uint24() : null;
  return {
    facts: {
      ...(status === null ? {} : { status, statusNames: bits(status, MEASUREMENT_STATUS) }),
      ...(sensorStatus === null ? {} : { sensorStatus, sensorStatusNames: bits(sensorStatus, SENSOR_STATUS) }),
    },
    context: { status, sensorStatus, stored: status !== null && hasBit(status, FROM_STORAGE) ? true : null },
  };
}

/** PLX Features (2A60): each of the two lists of status bits is there when its feature is. */
export function decodeFeatures(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const features = packet.uint16();
  const status = hasBit(features, 0) ? packet.uint16() : null;
  const sensor = hasBit(features, 1) ? packet.uint24() : null;
  packet.end();
  return factsOnly({
    features,
    featureNames: bits(features, FEATURES),
    ...(status === null ? {} : { statusSupport: status, statusSupportNames: bits(status, MEASUREMENT_STATUS) }),
    ...(sensor === null ? {} : { sensorStatusSupport: sensor, sensorStatusSupportNames: bits(sensor, SENSOR_STATUS) }),
  });
}
