// What a service says once, and all its values lean on: where the sensor sits, what a glucose monitor measures in, whether
// its records have checksums, when its session began.
import { CONTEXT, type ErrorCode, type ReadingContext } from '@vitalseal/ledger';
import { termOfRefid } from '../../codes/mdc.ts';
import type { Measured } from '../../decoding/stamp.ts';
import type { DecodedPacket, Fact, Facts } from '../../profiles/decoded.ts';
import { glucoseSample } from '../../profiles/glucose-sample.ts';
import type { GattCharacteristic } from '../radio.ts';
import type { CursorBook } from '../records/cursor.ts';

export const TEMPERATURE_TYPE = '2A1D';
export const SENSOR_LOCATION = '2A38';
export const CGM_FEATURE = '2AA8';
export const SESSION_START = '2AAA';
export const CGM = '181F';
export const CGM_MEASUREMENT = '2AA7';
/** What they are worth: the characteristic whose values lean on each. */
const VALUES_OF: ReadonlyMap<string, string> = new Map([
  [SENSOR_LOCATION, '2A37'],
  [TEMPERATURE_TYPE, '2A1C'],
  [CGM_FEATURE, CGM_MEASUREMENT],
  [SESSION_START, CGM_MEASUREMENT],
]);
/** The features before the session's start, which they may promise a checksum for. */
export const COMPANIONS: readonly string[] = [...VALUES_OF.keys()];
/** Without these the values say all the same what was measured. */
export const OPTIONAL_COMPANIONS: ReadonlySet<string> = new Set([SENSOR_LOCATION, TEMPERATURE_TYPE]);

/** By characteristic: the facts of those that this connection has read. The next one may be another device's, or sit elsewhere. */
export type Companions = ReadonlyMap<string, Facts>;

export const NO_COMPANIONS: Companions = new Map();

/** No session is as short. */
const SAME_START_MS = 300_000;
/** What the decoder of a record, which sees that alone, calls the glucose of a monitor. */
const DECODED_AS = 'MDC_CONC_GLU_ISF';

/** Without what has turned out to be of an earlier session. */
export function withoutSession(companions: Companions): Companions {
  return new Map([...companions].filter(([uuid]) => uuid !== SESSION_START));
}

/**
 * What the records of a glucose monitor are told apart by: the start of their session, by the words of the cursor where both
 * mean the same. A monitor works it out anew from the time that a collector writes, and is some seconds off then.
 */
export function sessionOf(companions: Companions, cursors: CursorBook | null): string | null {
  const start = sessionStart(companions);
  const held = cursors?.get(CGM)?.session ?? null;
  if (start === null || held === null) return start;
  return Math.abs(Date.parse(`${start}Z`) - Date.parse(`${held}Z`)) <= SAME_START_MS ? held : start;
}

/** When the session of a glucose monitor began, as it shows it; null while that is not known. */
export function sessionStart(companions: Companions): string | null {
  return text(companions.get(SESSION_START)?.sessionStartTime);
}

/** Whether it could tell when its session began, and has not: without that nobody knows which record is which. */
export function lacksSessionStart(companions: Companions, table: readonly GattCharacteristic[]): boolean {
  return sessionStart(companions) === null && companionIn(table, SESSION_START) !== null;
}

/** The one that can be read. Where several have such values, nobody could say whose it is; but a session begins for all. */
export function companionIn(table: readonly GattCharacteristic[], uuid: string): GattCharacteristic | null {
  const found = table.find((one) => one.uuid === uuid && one.canRead);
  const isClear = uuid === SESSION_START || table.filter((one) => one.uuid === VALUES_OF.get(uuid)).length <= 1;
  return found !== undefined && isClear ? found : null;
}

/** What it says, or why that is nothing. A session start without the checksum that the features promise is none. */
export function companionOf(uuid: string, packet: DecodedPacket, known: Companions): Facts | ErrorCode {
  const lacksCrc = uuid === SESSION_START && isSecured(known) && packet.facts.crc === undefined;
  return lacksCrc ? 'characteristic_crc' : packet.facts;
}

/** The records of a glucose monitor in the light of its features: their checksums are no choice, and their sample is known. */
export function withFeatures(uuid: string, packet: DecodedPacket, known: Companions): DecodedPacket | ErrorCode {
  if (uuid !== CGM_MEASUREMENT || !known.has(CGM_FEATURE)) return packet;
  if (isSecured(known) && packet.measurements.some(({ facts }) => facts.crc === undefined)) return 'characteristic_crc';
  const code = sampleOf(known)?.refid;
  if (code === undefined || code === DECODED_AS) return packet;
  const mdc = termOfRefid(code)?.mdc;
  if (mdc === undefined) return packet;
  const named = (reading: Measured) => (reading.code === DECODED_AS ? { ...reading, code, mdc } : reading);
  const measurements = packet.measurements.map((one) => ({ ...one, readings: one.readings.map(named) }));
  return { ...packet, measurements };
}

/** By service: what stands beside each of its readings. */
export function companionContexts(known: Companions): ReadonlyMap<string, ReadingContext> {
  const sample = sampleOf(known);
  const start = known.get(SESSION_START);
  return new Map([
    ['180D', contextOf({ bodySite: known.get(SENSOR_LOCATION)?.bodySensorLocationName })],
    ['1809', contextOf({ bodySite: known.get(TEMPERATURE_TYPE)?.typeName })],
    [
      CGM,
      contextOf({
        bodySite: sample?.bodySite,
        sampleType: sample?.typeName,
        sessionStart: start === undefined ? null : zoned(start),
      }),
    ],
  ]);
}

function contextOf(named: { readonly [name in 'bodySite' | 'sampleType' | 'sessionStart']?: Fact | undefined }) {
  const context = new Map<number, string>();
  for (const [name, fact] of Object.entries(named)) {
    const said = text(fact);
    // A number that means nothing yet says nothing of a body.
    if (said !== null && !said.startsWith('reserved')) context.set(CONTEXT[name as keyof typeof named], said);
  }
  return context;
}

function isSecured(known: Companions): boolean {
  return known.get(CGM_FEATURE)?.crcSupported === true;
}

function sampleOf(known: Companions) {
  const feature = known.get(CGM_FEATURE);
  if (typeof feature?.type !== 'number' || typeof feature.sampleLocation !== 'number') return null;
  return glucoseSample(feature.type | (feature.sampleLocation << 4));
}

/** RFC 3339 where the monitor knows both its zone and whether it saves daylight: `2025-05-21T08:00:00+03:00`. */
function zoned({ sessionStartTime, timeZoneMinutes, dstOffsetMinutes }: Facts): string | null {
  const time = text(sessionStartTime);
  if (time === null || typeof timeZoneMinutes !== 'number' || typeof dstOffsetMinutes !== 'number') return time;
  const minutes = timeZoneMinutes + dstOffsetMinutes;
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return `${time}${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
}

function text(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}
