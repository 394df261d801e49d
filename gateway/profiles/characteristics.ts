// The registry: every characteristic that can be decoded, by UUID. A profile is one file, one import and one line here.
import { VitalsealError } from '@vitalseal/ledger';
import { shortUuid } from '../ble/radio.ts';
import { BATTERY } from './battery.ts';
import { BLOOD_PRESSURE } from './blood-pressure.ts';
import { BODY_COMPOSITION } from './body-composition.ts';
import { CGM_MEASUREMENT } from './cgm-measurement.ts';
import { CGM_OPERATIONS } from './cgm-operations.ts';
import { CGM_SESSION } from './cgm-session.ts';
import { CURRENT_TIME } from './current-time.ts';
import type { Characteristic, CharacteristicTable, DecodedPacket } from './decoded.ts';
import { DEVICE_INFORMATION } from './device-information.ts';
import { ELAPSED_TIME } from './elapsed-time.ts';
import { GLUCOSE } from './glucose.ts';
import { GLUCOSE_CONTEXT } from './glucose-context.ts';
import { HEALTH_SENSOR } from './health-sensor.ts';
import { HEART_RATE } from './heart-rate.ts';
import { PULSE_OXIMETER } from './pulse-oximeter.ts';
import { RACP } from './racp.ts';
import { THERMOMETER } from './thermometer.ts';
import { WEIGHT_SCALE } from './weight-scale.ts';

const TABLES: readonly CharacteristicTable[] = [
  BATTERY,
  BLOOD_PRESSURE,
  BODY_COMPOSITION,
  CGM_MEASUREMENT,
  CGM_OPERATIONS,
  CGM_SESSION,
  CURRENT_TIME,
  DEVICE_INFORMATION,
  ELAPSED_TIME,
  GLUCOSE,
  GLUCOSE_CONTEXT,
  HEALTH_SENSOR,
  HEART_RATE,
  PULSE_OXIMETER,
  RACP,
  THERMOMETER,
  WEIGHT_SCALE,
];

const BY_UUID: ReadonlyMap<string, Characteristic> = new Map(TABLES.flatMap((table) => Object.entries(table)));

/** Longer than any attribute value can be (Core specification: 512 octets). */
const MAX_VALUE = 512;

/**
 * Decodes one value. `uuid` is shortened or whole, in either case. Throws `characteristic_unknown`,
 * `characteristic_truncated`, `characteristic_malformed`, `characteristic_reserved`, `characteristic_crc`, `time_malformed`.
 */
export function decodeCharacteristic(uuid: string, bytes: Uint8Array): DecodedPacket {
  const known = BY_UUID.get(characteristicKey(uuid));
  if (known === undefined) throw new VitalsealError('characteristic_unknown');
  if (bytes.length > MAX_VALUE) throw new VitalsealError('characteristic_malformed', 'no value has over 512 bytes');
  return known.decode(bytes);
}

/** The name in the Bluetooth assigned numbers; null for a characteristic that no decoder knows. */
export function characteristicName(uuid: string): string | null {
  return BY_UUID.get(characteristicKey(uuid))?.name ?? null;
}

/** Shortened UUIDs of everything that can be decoded, sorted. */
export function knownCharacteristics(): readonly string[] {
  return [...BY_UUID.keys()].sort();
}

/** `2A37` of `2a37`, or of the whole UUID. */
function characteristicKey(uuid: string): string {
  const short = shortUuid(uuid);
  return short.length === 4 ? short.toUpperCase() : short;
}
