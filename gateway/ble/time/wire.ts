// The characteristics that show a device's clock, as milliseconds: Current Time (2A2B), Date Time (2A08), Current Elapsed
// Time (2BF2). And the two that may set it.
import { isVitalsealError, NUMBER_LIMIT, VitalsealError } from '@vitalseal/ledger';
import { readDateTime } from '../../profiles/date-time.ts';
import { readElapsedTime } from '../../profiles/elapsed-time.ts';
import { Packet } from '../../profiles/packet.ts';

/** What a clock shows. */
export interface ShownTime {
  /** Its date and time as ms since 1970, zone and all; null where it shows none that exists. Of ticks: what they have counted. */
  readonly ms: number | null;
  readonly resolutionMs: number;
  /** It is a counter, which says nothing of dates. */
  readonly ticks: boolean;
}

/** UUIDs that `shownTime` reads, the surest first: a device is asked for one of them. */
export const CLOCKS: readonly string[] = ['2A2B', '2BF2', '2A08'];
/** Those that `clockBytes` writes. */
export const SETTABLE: ReadonlySet<string> = new Set(['2A2B', '2A08']);

/** Null for what shows nothing that can be compared: a packet that cannot be read, a counter beyond all clocks. */
export function shownTime(uuid: string, bytes: Uint8Array): ShownTime | null {
  try {
    const packet = new Packet(bytes);
    if (uuid === '2BF2') return elapsedTime(packet);
    const ms = dateTimeMs(packet);
    if (uuid === '2A08') return { ms, resolutionMs: 1000, ticks: false };
    packet.uint8(); // Day of week: says nothing that the date does not.
    const fractions = packet.uint8();
    return { ms: ms === null ? null : ms + (fractions * 1000) / 256, resolutionMs: 1000 / 256, ticks: false };
  } catch (error) {
    if (isVitalsealError(error)) return null;
    throw error;
  }
}

/** Throws `characteristic_truncated`. */
function dateTimeMs(packet: Packet): number | null {
  const text = unlessNoTime(() => readDateTime(packet));
  // Year, month or day 0: unknown.
  if (text === null || /^0000|-00/.test(text)) return null;
  const ms = Date.parse(`${text}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** Null for a time that does not exist. */
function unlessNoTime<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isVitalsealError(error, 'time_malformed')) return null;
    throw error;
  }
}

/** In UTC with an offset beside it, what it shows is local time, as with the other clocks. */
function elapsedTime(packet: Packet): ShownTime | null {
  const time = unlessNoTime(() => readElapsedTime(packet));
  if (time === null) return { ms: null, resolutionMs: 1000, ticks: false };
  const { ms, resolutionMs, ticksMs } = time;
  // More than 8,900 years of counting: its offset would fit into no context.
  return ms < NUMBER_LIMIT ? { ms, resolutionMs, ticks: ticksMs !== null } : null;
}

/** What to write to set a clock to `localMs`: ms since 1970 with the zone in it. Throws `usage` for a characteristic that sets none. */
export function clockBytes(uuid: string, localMs: number): Uint8Array {
  const at = new Date(localMs);
  const year = at.getUTCFullYear();
  const date = [year & 0xff, year >> 8, at.getUTCMonth() + 1, at.getUTCDate()];
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
  if (uuid === '2A08') return Uint8Array.of(...date, ...time);
  if (uuid !== '2A2B') throw new VitalsealError('usage', 'no clock is set by this characteristic');
  const dayOfWeek = at.getUTCDay() === 0 ? 7 : at.getUTCDay();
  const fractions = Math.floor((at.getUTCMilliseconds() * 256) / 1000);
  return Uint8Array.of(...date, ...time, dayOfWeek, fractions, EXTERNAL_REFERENCE);
}

/** Adjust reason: external reference time update. */
const EXTERNAL_REFERENCE = 0b10;
