// The Current Time service: what a device's clock shows (2A2B), in which zone (2A0F), and where it has the time from
// (2A14). Date Time (2A08) is the same clock, alone.
import { VitalsealError } from '@vitalseal/ledger';
import { type BitNames, bits, nameOf } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, factsOnly } from './decoded.ts';
import { readLocalTime, TIME_SOURCES } from './local-time.ts';
import { Packet } from './packet.ts';

const DAYS = {
  0: 'unknown',
  1: 'monday',
  2: 'tuesday',
  3: 'wednesday',
  4: 'thursday',
  5: 'friday',
  6: 'saturday',
  7: 'sunday',
};

const ADJUST_REASONS: BitNames = [
  'manualTimeUpdate',
  'externalReferenceTimeUpdate',
  'changeOfTimeZone',
  'changeOfDaylightSavingTime',
];

function decodeDateTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const time = readDateTime(packet);
  packet.end();
  return factsOnly({ time });
}

/** `fractions256` counts 1/256 s. */
function decodeCurrentTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const time = readDateTime(packet);
  const dayOfWeek = packet.uint8();
  const fractions256 = packet.uint8();
  const adjustReason = packet.uint8();
  packet.end();
  if (dayOfWeek > 7) throw new VitalsealError('time_malformed', 'a week has seven days');
  return factsOnly({
    time,
    dayOfWeek,
    dayOfWeekName: nameOf(dayOfWeek, DAYS),
    fractions256,
    adjustReason,
    adjustReasonNames: bits(adjustReason, ADJUST_REASONS),
  });
}

function decodeLocalTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const facts = readLocalTime(packet);
  packet.end();
  return factsOnly(facts);
}

const ACCURACIES = { 254: 'outOfRange', 255: 'unknown' };
const UPDATED = { 255: '255 or more' };

/** `timeAccuracy` counts 1/8 s. Days and hours are of the time since the clock was last set. */
function decodeReferenceTime(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const timeSource = packet.uint8();
  const timeAccuracy = packet.uint8();
  const daysSinceUpdate = packet.uint8();
  const hoursSinceUpdate = packet.uint8();
  packet.end();
  return factsOnly({
    timeSource,
    timeSourceName: nameOf(timeSource, TIME_SOURCES),
    timeAccuracy,
    ...named('timeAccuracyName', timeAccuracy, ACCURACIES),
    daysSinceUpdate,
    ...named('daysSinceUpdateName', daysSinceUpdate, UPDATED),
    hoursSinceUpdate,
    ...named('hoursSinceUpdateName', hoursSinceUpdate, UPDATED),
  });
}

function named(key: string, value: number, names: Readonly<Record<number, string>>): Record<string, string> {
  const name = names[value];
  return name === undefined ? {} : { [key]: name };
}

export const CURRENT_TIME: CharacteristicTable = {
  '2A08': { name: 'Date Time', decode: decodeDateTime },
  '2A0F': { name: 'Local Time Information', decode: decodeLocalTime },
  '2A14': { name: 'Reference Time Information', decode: decodeReferenceTime },
  '2A2B': { name: 'Current Time', decode: decodeCurrentTime },
};
