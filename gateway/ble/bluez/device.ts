// What is kept of a device that BlueZ knows. Everything in its properties may come from whoever sends an advertisement:
// each field is checked and copied within bounds, so that a crowd of strangers costs little memory.
import { type BleAddress, type Sighting, shortUuid } from '../radio.ts';

/** The properties of an interface, free of variants. */
export type Properties = Readonly<Record<string, unknown>>;

const MAX_NAME = 248;
const MAX_SERVICES = 32;
const MAX_DATA_ENTRIES = 8;
/** Of one service or company: legacy advertisements carry 31 bytes, extended ones may carry 1,650. */
const MAX_DATA_BYTES = 256;

const ADDRESS = /^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Control and direction characters: they would write where they should not on somebody's terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export interface KnownDevice {
  readonly path: string;
  readonly address: BleAddress;
  readonly addressType: 'public' | 'random';
  readonly name: string | null;
  readonly rssi: number | null;
  readonly services: readonly string[];
  readonly serviceData: ReadonlyMap<string, Uint8Array>;
  readonly manufacturerData: ReadonlyMap<number, Uint8Array>;
  readonly paired: boolean;
  readonly connected: boolean;
  readonly resolved: boolean;
}

/** The device at `path`; null when it has no proper address. */
export function newDevice(path: string, properties: Properties): KnownDevice | null {
  if (!isAddress(properties.Address)) return null;
  const nothing: KnownDevice = {
    path,
    address: properties.Address,
    addressType: 'public',
    name: null,
    rssi: null,
    services: [],
    serviceData: new Map(),
    manufacturerData: new Map(),
    paired: false,
    connected: false,
    resolved: false,
  };
  return withProperties(nothing, properties, []);
}

/** `device` after a change; properties of the wrong type are as good as absent. */
export function withProperties(device: KnownDevice, changed: Properties, invalidated: readonly unknown[]): KnownDevice {
  const next: { -readonly [K in keyof KnownDevice]: KnownDevice[K] } = { ...device };
  if (isAddress(changed.Address)) next.address = changed.Address;
  if (typeof changed.AddressType === 'string')
    next.addressType = changed.AddressType === 'random' ? 'random' : 'public';
  if (typeof changed.Name === 'string') next.name = printable(changed.Name);
  if (typeof changed.RSSI === 'number') next.rssi = changed.RSSI;
  if (Array.isArray(changed.UUIDs)) next.services = uuids(changed.UUIDs);
  if (isDictionary(changed.ServiceData)) next.serviceData = serviceData(changed.ServiceData);
  if (isDictionary(changed.ManufacturerData)) next.manufacturerData = manufacturerData(changed.ManufacturerData);
  if (typeof changed.Paired === 'boolean') next.paired = changed.Paired;
  if (typeof changed.Connected === 'boolean') next.connected = changed.Connected;
  if (typeof changed.ServicesResolved === 'boolean') next.resolved = changed.ServicesResolved;
  for (const name of invalidated) {
    if (name === 'RSSI') next.rssi = null;
    if (name === 'ServiceData') next.serviceData = new Map();
    if (name === 'ManufacturerData') next.manufacturerData = new Map();
  }
  return next;
}

/** What the rest of the gateway sees of it. */
export function sightingOf({ path: _path, resolved: _resolved, ...sighting }: KnownDevice): Sighting {
  return sighting;
}

/** Whether the one advertises other bytes than the other. */
export function sameData(a: KnownDevice, b: KnownDevice): boolean {
  return sameEntries(a.serviceData, b.serviceData) && sameEntries(a.manufacturerData, b.manufacturerData);
}

/** Bytes of our own: those of a message keep the whole buffer that it was read from. */
export function copied(value: unknown, most: number): Uint8Array | null {
  return value instanceof Uint8Array ? Uint8Array.from(value.subarray(0, most)) : null;
}

function sameEntries<K>(a: ReadonlyMap<K, Uint8Array>, b: ReadonlyMap<K, Uint8Array>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, bytes] of a) {
    const other = b.get(key);
    if (other === undefined || Buffer.compare(bytes, other) !== 0) return false;
  }
  return true;
}

function isAddress(value: unknown): value is BleAddress {
  return typeof value === 'string' && ADDRESS.test(value);
}

function isDictionary(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function printable(text: string): string | null {
  const name = text.slice(0, MAX_NAME).replace(UNPRINTABLE, '\ufffd').trim();
  return name === '' ? null : name;
}

function uuids(values: readonly unknown[]): string[] {
  return values
    .slice(0, MAX_SERVICES)
    .filter((value): value is string => typeof value === 'string' && UUID.test(value))
    .map(shortUuid);
}

function serviceData(entries: Readonly<Record<string, unknown>>): Map<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  for (const [uuid, value] of Object.entries(entries).slice(0, MAX_DATA_ENTRIES)) {
    const bytes = copied(value, MAX_DATA_BYTES);
    if (bytes !== null && UUID.test(uuid)) data.set(shortUuid(uuid), bytes);
  }
  return data;
}

function manufacturerData(entries: Readonly<Record<string, unknown>>): Map<number, Uint8Array> {
  const data = new Map<number, Uint8Array>();
  for (const [company, value] of Object.entries(entries).slice(0, MAX_DATA_ENTRIES)) {
    const bytes = copied(value, MAX_DATA_BYTES);
    const id = Number(company);
    if (bytes !== null && Number.isInteger(id) && id >= 0 && id <= 0xffff) data.set(id, bytes);
  }
  return data;
}
