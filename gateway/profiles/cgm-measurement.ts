// CGM Measurement (2AA7): what a continuous glucose monitor sends, often several records a packet, each with its own
// length and perhaps its own checksum. Times count in minutes from the session's start, which another characteristic has.
import { VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { hasBit, knownFlags } from './bits.ts';
import { type CgmStatus, cgmStatusFacts, cgmStatusNumber } from './cgm-status.ts';
import { checkedCrc } from './crc.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, type Measurement, NOTHING } from './decoded.ts';
import { readSfloat } from './float.ts';
import { measured } from './measured.ts';
import { Packet } from './packet.ts';

/** Size, flags, glucose and time offset. */
const SMALLEST = 6;
const KNOWN_FLAGS = 0b1110_0011;

function decodeMeasurements(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const measurements: Measurement[] = [];
  do {
    const size = packet.uint8();
    if (size < SMALLEST) throw new VitalsealError('characteristic_malformed', 'a record is shorter than its fields');
    packet.take(size - 1);
    const end = bytes.length - packet.left;
    measurements.push(decodeRecord(bytes.subarray(end - size, end)));
  } while (packet.left > 0);
  return { measurements, facts: NOTHING };
}

function decodeRecord(bytes: Uint8Array): Measurement {
  const packet = new Packet(bytes);
  const size = packet.uint8();
  const flags = knownFlags(packet.uint8(), KNOWN_FLAGS);
  const glucose = readSfloat(packet);
  const timeOffset = packet.uint16();
  const state: CgmStatus = {
    status: hasBit(flags, 7) ? packet.uint8() : null,
    calTemp: hasBit(flags, 6) ? packet.uint8() : null,
    warning: hasBit(flags, 5) ? packet.uint8() : null,
  };
  const trend = hasBit(flags, 0) ? readSfloat(packet) : null;
  const quality = hasBit(flags, 1) ? readSfloat(packet) : null;

  const facts: Record<string, Fact> = { size, flags, timeOffset, ...cgmStatusFacts(state) };
  // Whether there is a checksum is a feature of the device; the size of the record says it as well.
  if (packet.left > 0) {
    packet.uint16();
    packet.end();
    facts.crc = checkedCrc(bytes);
  }

  const context = {
    sourceSequence: timeOffset,
    sensorStatus: cgmStatusNumber(state),
    outOfRange: outOfRange(state.warning ?? 0),
  };
  const readings: Measured[] = [measured('MDC_CONC_GLU_ISF', 'mg/dL', glucose, { context })];
  if (trend !== null) readings.push(measured('glucoseTrend', 'mg/dL/min', trend, { context }));
  if (quality !== null) readings.push(measured('glucoseQuality', '%', quality, { context }));
  return { readings, facts, record: { sequence: timeOffset, baseTime: null }, bytes };
}

function outOfRange(warning: number): string | null {
  if (hasBit(warning, 6)) return 'below';
  return hasBit(warning, 7) ? 'above' : null;
}

export const CGM_MEASUREMENT: CharacteristicTable = {
  '2AA7': { name: 'CGM Measurement', decode: decodeMeasurements },
};
