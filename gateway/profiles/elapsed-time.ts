// Current Elapsed Time (2BF2, Elapsed Time Service 1.0), and the time stamp of health observations, which has the same
// nine octets: a clock that counts from 2000, in UTC or on the wall, or a counter of ticks that means nothing by itself.
import { normalMantissa, VitalsealError } from '@vitalseal/ledger';
import { bits, hasBit, knownFlags, nameOf } from './bits.ts';
import { type CharacteristicTable, type DecodedPacket, type Fact, type Facts, factsOnly } from './decoded.ts';
import { TIME_SOURCES } from './local-time.ts';
import { Packet } from './packet.ts';

/** 2000-01-01T00:00:00, ms since 1970. */
const EPOCH_MS = 946_684_800_000;
/** Ticks a second, by the resolution's two bits: 1 s, 100 ms, 1 ms, 100 µs. */
const PER_SECOND = [1, 10, 1000, 10_000];
const OCTETS = 9;
const KNOWN_FLAGS = 0x3f;
const TIMELINE_FLAG = 5;
/**
 * Quarters of an hour from UTC, daylight saving among them: the time zones of Bluetooth (as Local Time Information has them),
 * to which daylight saving adds two hours at most. Beyond there is no place on earth that the text could mean.
 */
const ZONES = { least: -48, most: 56 + 8 };
/** 10000-01-01T00:00:00Z: beyond, no four digits say the year. */
const END_MS = 253_402_300_800_000;

export interface ElapsedTime {
  /** RFC 3339, with a zone where the device says one: `2024-06-06T10:00:00.5+02:00`. Null for a counter of ticks. */
  readonly text: string | null;
  /** The same date and time as ms since 1970, as the device's own display shows it: with its zone in it. Of ticks: since 0. */
  readonly ms: number;
  readonly resolutionMs: number;
  /** The ms of a counter of ticks, exactly: decimal text where ticks are finer. Null for a date and time. */
  readonly ticksMs: number | bigint | string | null;
  /** False: the clock was set since; only the device could have said by how much. */
  readonly currentTimeline: boolean;
  /** As they came, a view. */
  readonly octets: Uint8Array;
  readonly facts: Facts;
}

/** The same octets whatever became of the clock since: the device clears `currentTimeline` of what it stores once it is set. */
export function clearTimeline(octets: Uint8Array): void {
  octets[0] = (octets[0] ?? 0) & ~(1 << TIMELINE_FLAG);
}

/**
 * Nine octets. Throws `characteristic_truncated`, `characteristic_reserved` (a flag to come, a zone that is none), and
 * `time_malformed` beyond the year 9999.
 */
export function readElapsedTime(from: Packet): ElapsedTime {
  const packet = new Packet(from.take(OCTETS));
  const flags = knownFlags(packet.uint8(), KNOWN_FLAGS);
  const value = packet.uint48();
  const source = packet.uint8();
  const offset = packet.int8();
  const perSecond = PER_SECOND[(flags >> 2) & 3] as number;
  const ticks = hasBit(flags, 0);
  const utc = hasBit(flags, 1);
  const offsetUsed = hasBit(flags, 4);
  if (offsetUsed && (offset < ZONES.least || offset > ZONES.most)) {
    throw new VitalsealError('characteristic_reserved', 'there is no such time zone');
  }
  const currentTimeline = hasBit(flags, TIMELINE_FLAG);
  const offsetMinutes = offsetUsed ? offset * 15 : null;
  const counted = millisecondsOf(value, perSecond);
  const ms = ticks ? counted : shownMs(counted, utc ? (offsetMinutes ?? 0) : 0);
  const text = ticks ? null : timeText(ms, value, perSecond, zoneText(utc, offsetMinutes));
  const ticksMs = ticks ? exactMs(value, perSecond) : null;
  const facts: Record<string, Fact> = {
    flags,
    tickCounter: ticks,
    utc,
    currentTimeline,
    timeValue: value,
    ticksPerSecond: perSecond,
    time: text,
    timeSyncSource: source,
    timeSyncSourceName: nameOf(source, TIME_SOURCES),
    tzDstOffset: offset,
    tzDstOffsetMinutes: offsetMinutes,
  };
  return { text, ms, resolutionMs: 1000 / perSecond, ticksMs, currentTimeline, octets: packet.bytes, facts };
}

/** What the device's own display would show, where it says how far that is from UTC. */
function shownMs(counted: number, offsetMinutes: number): number {
  const ms = EPOCH_MS + counted + offsetMinutes * 60_000;
  if (ms >= END_MS) throw new VitalsealError('time_malformed', 'the clock of the packet is beyond the year 9999');
  return ms;
}

/** In two parts: 48 bits times 1000 are more than a number holds exactly. */
function millisecondsOf(value: number, perSecond: number): number {
  return Math.floor(value / perSecond) * 1000 + ((value % perSecond) * 1000) / perSecond;
}

function exactMs(value: number, perSecond: number): number | bigint | string {
  const perMs = perSecond / 1000;
  if (perMs > 1) return `${Math.floor(value / perMs)}.${value % perMs}`;
  return normalMantissa(BigInt(value) * BigInt(1000 / perSecond));
}

/** `value` gives the digits behind the point, as many as the clock has. */
function timeText(ms: number, value: number, perSecond: number, zone: string): string {
  const digits = String(perSecond).length - 1;
  const fraction = digits === 0 ? '' : `.${String(value % perSecond).padStart(digits, '0')}`;
  return new Date(Math.floor(ms)).toISOString().slice(0, 19) + fraction + zone;
}

function zoneText(utc: boolean, offsetMinutes: number | null): string {
  if (offsetMinutes === null) return utc ? 'Z' : '';
  const minutes = Math.abs(offsetMinutes);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function decodeElapsedTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const { facts } = readElapsedTime(packet);
  // A client that sets the clock writes the nine octets alone.
  if (packet.left === 0) return factsOnly(facts);
  const clockStatus = packet.uint8();
  const clockCapabilities = packet.uint8();
  packet.end();
  return factsOnly({
    ...facts,
    clockStatus,
    clockStatusNames: bits(clockStatus, ['needsToBeSet']),
    clockCapabilities,
    clockCapabilitiesNames: bits(clockCapabilities, ['appliesDstRules', 'managesTzChanges']),
  });
}

export const ELAPSED_TIME: CharacteristicTable = {
  '2BF2': { name: 'Current Elapsed Time', decode: decodeElapsedTime },
};
