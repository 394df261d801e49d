// The Date Time characteristic (2A08), which most medical packets carry inside: seven bytes of a clock on the wall. It
// knows no zone, and stays the text that the device would show.
import { VitalsealError } from '@vitalseal/ledger';
import type { Packet } from './packet.ts';

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The specification's years go to 9999. That it begins at 1582 is not insisted on: shipped cuffs count from elsewhere. */
const LAST_YEAR = 9999;

/**
 * `2019-02-27T11:10:30`. Year, month and day are 0 where the device does not know them, and are kept so:
 * `0000-04-17T20:41:59`. Throws `characteristic_truncated`, `time_malformed` for a time that no clock shows.
 */
export function readDateTime(packet: Packet): string {
  const year = packet.uint16();
  const month = packet.uint8();
  const day = packet.uint8();
  const hour = packet.uint8();
  const minute = packet.uint8();
  const second = packet.uint8();
  if (year > LAST_YEAR || month > 12 || day > lastDay(year, month) || hour > 23 || minute > 59 || second > 59) {
    throw new VitalsealError('time_malformed', 'the packet has a date or time that does not exist');
  }
  return `${digits(year, 4)}-${digits(month)}-${digits(day)}T${digits(hour)}:${digits(minute)}:${digits(second)}`;
}

/** An unknown month has 31 days, an unknown year is a leap year: only what cannot be is refused. */
function lastDay(year: number, month: number): number {
  if (month !== 2) return DAYS[month - 1] ?? 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function digits(value: number, count = 2): string {
  return String(value).padStart(count, '0');
}
