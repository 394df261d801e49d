// Polar straps and watches broadcast the heart rate in their manufacturer data, if so set, also while nobody is connected.
// Layout: Polar's own SDK (BlePolarHrAdvertisement, BleAdvertisementContent).
import { toHex } from '@vitalseal/ledger';
import { bits, hasBit } from '../profiles/bits.ts';
import { decimal } from '../profiles/measured.ts';
import { Packet } from '../profiles/packet.ts';
import type { Advertisement, DecodedAdvertisement } from './advertisement.ts';
import { heard, heardTogether } from './heard.ts';

const COMPANY = 0x006b;
const FORMAT = 'polar-heart-rate';
/** Set: a block of another kind, with its length. */
const OTHER_BLOCK = 6;
/** Flags, a code, the heart rate averaged fast, and slowly: older straps leave out the last. */
const LONG_BLOCK = 4;
const NAMES = ['batteryLow', 'sensorContact', null, null, null, 'broadcast', null, 'status'];

export function polarHeartRate({ manufacturerData }: Advertisement): DecodedAdvertisement | null {
  const bytes = manufacturerData.get(COMPANY);
  if (bytes === undefined) return null;
  const packet = new Packet(bytes);
  while (packet.left > 0) {
    const flags = packet.uint8();
    if (!hasBit(flags, OTHER_BLOCK)) return heartRate(bytes, flags, packet);
    const octets = packet.left === 0 ? 0 : packet.uint8();
    if (octets > packet.left) return null;
    packet.take(octets);
  }
  return null;
}

function heartRate(bytes: Uint8Array, flags: number, packet: Packet): DecodedAdvertisement {
  const block = bytes.subarray(bytes.length - packet.left - 1);
  const khzCode = packet.uint8();
  const fastAverage = packet.uint8();
  const slowAverage = block.length < LONG_BLOCK ? fastAverage : packet.uint8();
  const frameCounter = (flags >> 2) & 7;
  const repeat = `${FORMAT}/${toHex(block.subarray(0, LONG_BLOCK))}`;
  // No heart was found.
  if (slowAverage === 0) return { format: FORMAT, measurements: [], repeat };
  const context = { sensorContact: hasBit(flags, 1) ? 'detected' : null };
  const readings = [heard('MDC_HF_HR', '/min', decimal(slowAverage), { context })];
  const facts = { flags, flagNames: bits(flags & 0b1110_0011, NAMES), frameCounter, khzCode, fastAverage, slowAverage };
  return { format: FORMAT, measurements: [heardTogether(bytes, readings, facts)], repeat };
}
