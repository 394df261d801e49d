// The Heart Rate service: rate, skin contact, energy and the intervals between beats (2A37), where the sensor is worn
// (2A38), and the one thing it can be asked for (2A39).
import { type Value, VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { hasBit, knownFlags, nameOf } from './bits.ts';
import { type CharacteristicTable, type DecodedPacket, factsOnly, oneMeasurement } from './decoded.ts';
import { decimal, measured } from './measured.ts';
import { Packet } from './packet.ts';

const WIDE = 0;
const ENERGY = 3;
const INTERVALS = 4;
const KNOWN_FLAGS = 0b1_1111;
/** Where the count of kJ stays until it is reset, however much follows (section 3.1.1.3). */
const MOST_ENERGY = 65_535;

function decodeHeartRate(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), KNOWN_FLAGS);
  const contact = contactOf(flags);
  const context = { sensorContact: contact === 'not-supported' ? null : contact };
  const rate = hasBit(flags, WIDE) ? packet.uint16() : packet.uint8();
  const readings: Measured[] = [measured('MDC_HF_HR', '/min', decimal(rate), { context })];
  if (hasBit(flags, ENERGY)) readings.push(energyReading(packet.uint16()));
  const intervals = hasBit(flags, INTERVALS) ? readIntervals(packet) : null;
  packet.end();
  for (const interval of intervals ?? []) {
    readings.push(measured('MDC_ECG_TIME_PD_RR_GL', 'ms', milliseconds(interval), { context }));
  }
  return oneMeasurement(bytes, readings, {
    flags,
    sensorContact: contact,
    ...(intervals === null ? {} : { rrIntervals: intervals }),
  });
}

function energyReading(energy: number): Measured {
  const outOfRange = energy === MOST_ENERGY ? 'above' : null;
  return measured('MDC_HF_ENERGY', 'kJ', decimal(energy), { context: { outOfRange } });
}

function contactOf(flags: number): 'not-supported' | 'absent' | 'detected' {
  if (!hasBit(flags, 2)) return 'not-supported';
  return hasBit(flags, 1) ? 'detected' : 'absent';
}

/**
 * All that are left, the oldest first, in 1/1024 s. A flag that announces intervals where there are none is refused:
 * the specification says "one or more", and a packet cut just there must not pass for a whole one.
 */
function readIntervals(packet: Packet): number[] {
  const intervals: number[] = [];
  do intervals.push(packet.uint16());
  while (packet.left > 0);
  return intervals;
}

/** 1/1024 s is no UCUM unit, and exactly 0.9765625 ms. Zeros that the multiplication brings at the end are dropped. */
function milliseconds(interval: number): Value {
  let mantissa = interval * 9_765_625;
  let exponent = -7;
  while (exponent < 0 && mantissa % 10 === 0) {
    mantissa /= 10;
    exponent++;
  }
  return decimal(mantissa, exponent);
}

const LOCATIONS = { 0: 'other', 1: 'chest', 2: 'wrist', 3: 'finger', 4: 'hand', 5: 'earLobe', 6: 'foot' };

function decodeLocation(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const location = packet.uint8();
  packet.end();
  return factsOnly({ bodySensorLocation: location, bodySensorLocationName: nameOf(location, LOCATIONS) });
}

const RESET_ENERGY = 1;

function decodeControlPoint(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const command = packet.uint8();
  packet.end();
  if (command !== RESET_ENERGY) throw new VitalsealError('characteristic_reserved', 'the command is reserved');
  return factsOnly({ command, commandName: 'resetEnergyExpended' });
}

export const HEART_RATE: CharacteristicTable = {
  '2A37': { name: 'Heart Rate Measurement', decode: decodeHeartRate },
  '2A38': { name: 'Body Sensor Location', decode: decodeLocation },
  '2A39': { name: 'Heart Rate Control Point', decode: decodeControlPoint },
};
