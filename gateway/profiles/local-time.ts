// What two services say of a clock besides its time: how far it is from UTC (Local Time Information and the session start
// of a glucose monitor have the same two octets), and where it got the time from.
import { VitalsealError } from '@vitalseal/ledger';
import type { Facts } from './decoded.ts';
import type { Packet } from './packet.ts';

const UNKNOWN_ZONE = -128;
const QUARTER_HOURS = { least: -48, most: 56 };

/** By its octet; minutes are null where the device does not know them. */
const DAYLIGHT_SAVING: ReadonlyMap<number, { readonly name: string; readonly minutes: number | null }> = new Map([
  [0, { name: 'standardTime', minutes: 0 }],
  [2, { name: 'halfHourDaylightTime', minutes: 30 }],
  [4, { name: 'daylightTime', minutes: 60 }],
  [8, { name: 'doubleDaylightTime', minutes: 120 }],
  [255, { name: 'unknown', minutes: null }],
]);

/** Time Sync Source Type. */
export const TIME_SOURCES: Readonly<Record<number, string>> = {
  0: 'unknown',
  1: 'networkTimeProtocol',
  2: 'gps',
  3: 'radioTimeSignal',
  4: 'manual',
  5: 'atomicClock',
  6: 'cellularNetwork',
  7: 'notSynchronized',
};

/** Time zone in quarters of an hour, and daylight saving. Throws `characteristic_truncated`, `characteristic_reserved`. */
export function readLocalTime(packet: Packet): Facts {
  const timeZone = packet.int8();
  const dstOffset = packet.uint8();
  const known = timeZone !== UNKNOWN_ZONE;
  if (known && (timeZone < QUARTER_HOURS.least || timeZone > QUARTER_HOURS.most)) {
    throw new VitalsealError('characteristic_reserved', 'there is no such time zone');
  }
  const daylightSaving = DAYLIGHT_SAVING.get(dstOffset);
  if (daylightSaving === undefined) {
    throw new VitalsealError('characteristic_reserved', 'there is no such daylight saving offset');
  }
  return {
    timeZone,
    timeZoneMinutes: known ? timeZone * 15 : null,
    dstOffset,
    dstOffsetName: daylightSaving.name,
    dstOffsetMinutes: daylightSaving.minutes,
  };
}
