// The Pulse Oximeter service: a spot check (2A5E), which may come from the device's memory, and the continuous
// measurement (2A5F), which may average over three spans at once.
import type { Value } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { hasBit, knownFlags } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, oneMeasurement } from './decoded.ts';
import { readSfloat } from './float.ts';
import { type MeasuredOptions, measured } from './measured.ts';
import { Packet } from './packet.ts';
import { decodeFeatures, readOximeterStatus } from './pulse-oximeter-status.ts';

/** Of both measurements, which use the five for different fields. */
const KNOWN_FLAGS = 0b1_1111;

/** Saturation and rate that were averaged together. */
interface Pair {
  readonly saturation: Value;
  readonly rate: Value;
  /** Which average, where the code of the measurement does not say it. */
  readonly average: 'spot' | 'fast' | 'slow' | null;
}

function readPair(packet: Packet, average: Pair['average']): Pair {
  return { saturation: readSfloat(packet), rate: readSfloat(packet), average };
}

function readingsOf({ saturation, rate, average }: Pair, { deviceTime, context }: MeasuredOptions): Measured[] {
  const options = { deviceTime: deviceTime ?? null, context: { ...context, sourceName: average } };
  return [
    measured('MDC_PULS_OXIM_SAT_O2', '%', saturation, options),
    measured('MDC_PULS_OXIM_PULS_RATE', '/min', rate, options),
  ];
}

/** `packet` stands at the pulse amplitude index, if there is one. */
function readAmplitude(packet: Packet, present: boolean, options: MeasuredOptions): Measured[] {
  return present ? [measured('MDC_PULS_OXIM_PERF_REL', '%', readSfloat(packet), options)] : [];
}

/** A stored spot check has no number of its own: RACP of this service knows "all records" alone. */
function decodeSpotCheck(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), KNOWN_FLAGS);
  const pair = readPair(packet, 'spot');
  const deviceTime = hasBit(flags, 0) ? readDateTime(packet) : null;
  const status = readOximeterStatus(packet, hasBit(flags, 1), hasBit(flags, 2));
  const clockNotSet = hasBit(flags, 4);
  const context = { ...status.context, sourceTimeFault: clockNotSet ? 'unset' : null };
  const options = { deviceTime, context };
  const readings = [...readingsOf(pair, options), ...readAmplitude(packet, hasBit(flags, 3), options)];
  packet.end();
  return oneMeasurement(bytes, readings, {
    flags,
    ...(deviceTime === null ? {} : { timestamp: deviceTime }),
    ...status.facts,
    deviceClockNotSet: clockNotSet,
  });
}

function decodeContinuous(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), KNOWN_FLAGS);
  const pairs = [readPair(packet, null)];
  if (hasBit(flags, 0)) pairs.push(readPair(packet, 'fast'));
  if (hasBit(flags, 1)) pairs.push(readPair(packet, 'slow'));
  const { context, facts } = readOximeterStatus(packet, hasBit(flags, 2), hasBit(flags, 3));
  const readings = pairs.flatMap((pair) => readingsOf(pair, { context }));
  readings.push(...readAmplitude(packet, hasBit(flags, 4), { context }));
  packet.end();
  return oneMeasurement(bytes, readings, { flags, ...facts });
}

export const PULSE_OXIMETER: CharacteristicTable = {
  '2A5E': { name: 'PLX Spot-Check Measurement', decode: decodeSpotCheck },
  '2A5F': { name: 'PLX Continuous Measurement', decode: decodeContinuous },
  '2A60': { name: 'PLX Features', decode: decodeFeatures },
};
