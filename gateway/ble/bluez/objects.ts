// What BlueZ exports under one adapter, kept from its signals: the adapter, devices, and their GATT tables. Pure: it is
// told what was added, changed and removed, and says what that means. Bounded, however many strangers advertise.
import { type BleAddress, type GattCharacteristic, shortUuid } from '../radio.ts';
import { copied, type KnownDevice, newDevice, type Properties, sameData, withProperties } from './device.ts';

export const ADAPTER = 'org.bluez.Adapter1';
export const DEVICE = 'org.bluez.Device1';
export const SERVICE = 'org.bluez.GattService1';
export const CHARACTERISTIC = 'org.bluez.GattCharacteristic1';

export type HostChange =
  /** It came, went, or is `powered` or `discovering` otherwise than before. */
  | { readonly kind: 'adapter' }
  /** An advertisement was heard; `fresh` when it says other things than the one before. */
  | { readonly kind: 'heard'; readonly device: KnownDevice; readonly fresh: boolean }
  /** Connected, resolved, or neither any more. */
  | { readonly kind: 'link'; readonly device: KnownDevice }
  /** Paired, or not any more, without a word of it being heard. */
  | { readonly kind: 'bond'; readonly device: KnownDevice }
  | { readonly kind: 'identity'; readonly from: BleAddress; readonly address: BleAddress }
  /** BlueZ forgot it, or we had to. */
  | { readonly kind: 'gone'; readonly device: KnownDevice }
  /** A value of a characteristic: of a notification, or of somebody's read. */
  | { readonly kind: 'value'; readonly device: KnownDevice; readonly handle: string; readonly bytes: Uint8Array }
  /** Something is heard of a device that is not kept: ask for its properties. */
  | { readonly kind: 'unknown'; readonly path: string };

export interface AdapterState {
  readonly powered: boolean;
  readonly discovering: boolean;
}

const ADAPTER_PATH = /^\/org\/bluez\/(hci\d{1,3})$/;
const MAX_ADAPTERS = 16;
const MAX_DEVICES = 1024;
const MAX_GATT_OBJECTS = 512;
/** The longest attribute value (Core 5.4, Vol 3 Part F 3.2.9). */
const MAX_VALUE = 512;
/** What only an advertisement changes. */
const ADVERTISED = ['RSSI', 'ServiceData', 'ManufacturerData'];

interface Characteristic {
  readonly service: string;
  readonly uuid: string;
  readonly flags: ReadonlySet<unknown>;
}

interface GattTable {
  /** UUID by path. */
  readonly services: Map<string, string>;
  readonly characteristics: Map<string, Characteristic>;
}

export class HostObjects {
  readonly #adapterPath: string;
  readonly #maxDevices: number;
  readonly #devicePath: RegExp;
  #adapter: AdapterState | null = null;
  readonly #adapters = new Set<string>();
  /** By path; the one heard last is last. */
  readonly #devices = new Map<string, KnownDevice>();
  readonly #pathByAddress = new Map<BleAddress, string>();
  readonly #tables = new Map<string, GattTable>();

  /** `adapterPath`: `/org/bluez/hci0`. */
  constructor(adapterPath: string, maxDevices = MAX_DEVICES) {
    this.#adapterPath = adapterPath;
    this.#maxDevices = maxDevices;
    this.#devicePath = new RegExp(`^${adapterPath}/dev_[0-9A-F]{2}(?:_[0-9A-F]{2}){5}(?=/|$)`);
  }

  get adapter(): AdapterState | null {
    return this.#adapter;
  }

  /** Names of all adapters of the host, ours or not. */
  get adapters(): string[] {
    return [...this.#adapters].sort();
  }

  devices(): IterableIterator<KnownDevice> {
    return this.#devices.values();
  }

  device(path: string): KnownDevice | null {
    return this.#devices.get(path) ?? null;
  }

  /** By its address now, or by the one under which BlueZ met it first. */
  deviceAt(address: BleAddress): KnownDevice | null {
    const path = this.#pathByAddress.get(address) ?? `${this.#adapterPath}/dev_${address.replaceAll(':', '_')}`;
    return this.device(path);
  }

  /** All characteristics of a device whose service is known, in the order of their handles. */
  characteristics(path: string): GattCharacteristic[] {
    const table = this.#tables.get(path);
    if (table === undefined) return [];
    const found: GattCharacteristic[] = [];
    for (const [handle, { service, uuid, flags }] of table.characteristics) {
      const serviceUuid = table.services.get(service);
      if (serviceUuid === undefined) continue;
      found.push({
        handle,
        service: serviceUuid,
        uuid,
        canRead: flags.has('read'),
        canWrite: flags.has('write'),
        canSubscribe: flags.has('notify') || flags.has('indicate'),
      });
    }
    return found.sort((a, b) => (a.handle < b.handle ? -1 : 1));
  }

  /**
   * InterfacesAdded, an entry of GetManagedObjects (`remembered`: nothing was heard just now), or an answer of GetAll.
   * A device comes before what is below it.
   */
  added(path: string, interfaces: Readonly<Record<string, Properties>>, remembered = false): HostChange[] {
    const adapter = interfaces[ADAPTER] && ADAPTER_PATH.exec(path)?.[1];
    if (adapter && this.#adapters.size < MAX_ADAPTERS) this.#adapters.add(adapter);
    if (path === this.#adapterPath && interfaces[ADAPTER]) return this.#adapterChanged(interfaces[ADAPTER]);
    const devicePath = this.#devicePath.exec(path)?.[0];
    if (devicePath === undefined) return [];
    if (devicePath !== path) {
      this.#gattAdded(devicePath, path, interfaces);
      return [];
    }
    if (!interfaces[DEVICE]) return [];
    const known = this.#devices.get(path);
    if (known) return this.#deviceChanged(known, interfaces[DEVICE], [], remembered);
    const device = newDevice(path, interfaces[DEVICE]);
    if (device === null) return [];
    const changes = this.#makeRoom();
    this.#keep(device);
    if (!remembered && device.rssi !== null) changes.push({ kind: 'heard', device, fresh: true });
    if (device.connected) changes.push({ kind: 'link', device });
    return changes;
  }

  /** InterfacesRemoved. */
  removed(path: string, interfaces: readonly unknown[]): HostChange[] {
    if (interfaces.includes(ADAPTER)) this.#adapters.delete(ADAPTER_PATH.exec(path)?.[1] ?? '');
    if (path === this.#adapterPath && interfaces.includes(ADAPTER)) {
      this.#adapter = null;
      return [{ kind: 'adapter' }];
    }
    const device = this.#devices.get(path);
    if (device && interfaces.includes(DEVICE)) return [this.#drop(device)];
    const table = this.#tables.get(this.#devicePath.exec(path)?.[0] ?? '');
    if (table && interfaces.includes(SERVICE)) table.services.delete(path);
    if (table && interfaces.includes(CHARACTERISTIC)) table.characteristics.delete(path);
    return [];
  }

  /** PropertiesChanged. */
  changed(path: string, of: string, properties: Properties, invalidated: readonly unknown[]): HostChange[] {
    if (of === ADAPTER) return path === this.#adapterPath ? this.#adapterChanged(properties) : [];
    const devicePath = this.#devicePath.exec(path)?.[0];
    if (devicePath === undefined) return [];
    const device = this.#devices.get(devicePath);
    if (of === DEVICE && device) return this.#deviceChanged(device, properties, invalidated, false);
    if (of === DEVICE) return isHeard(properties) ? [{ kind: 'unknown', path }] : [];
    if (of !== CHARACTERISTIC || !device) return [];
    const bytes = copied(properties.Value, MAX_VALUE);
    return bytes === null ? [] : [{ kind: 'value', device, handle: path, bytes }];
  }

  #adapterChanged({ Powered: powered, Discovering: discovering }: Properties): HostChange[] {
    const before = this.#adapter;
    this.#adapter = {
      powered: typeof powered === 'boolean' ? powered : (before?.powered ?? false),
      discovering: typeof discovering === 'boolean' ? discovering : (before?.discovering ?? false),
    };
    const same = before?.powered === this.#adapter.powered && before.discovering === this.#adapter.discovering;
    return same ? [] : [{ kind: 'adapter' }];
  }

  #deviceChanged(
    before: KnownDevice,
    properties: Properties,
    invalidated: readonly unknown[],
    remembered: boolean,
  ): HostChange[] {
    const device = withProperties(before, properties, invalidated);
    const heard = !remembered && isHeard(properties);
    const changes: HostChange[] = [];
    if (device.address !== before.address) {
      this.#pathByAddress.delete(before.address);
      changes.push({ kind: 'identity', from: before.address, address: device.address });
    }
    if (heard) this.#devices.delete(device.path);
    this.#keep(device);
    if (device.connected !== before.connected || device.resolved !== before.resolved) {
      changes.push({ kind: 'link', device });
    }
    if (heard) changes.push({ kind: 'heard', device, fresh: !sameData(before, device) });
    else if (device.paired !== before.paired) changes.push({ kind: 'bond', device });
    return changes;
  }

  #keep(device: KnownDevice): void {
    this.#devices.set(device.path, device);
    this.#pathByAddress.set(device.address, device.path);
  }

  /** A stranger that was not heard for longest goes; BlueZ itself forgets it soon. */
  #makeRoom(): HostChange[] {
    if (this.#devices.size < this.#maxDevices) return [];
    for (const device of this.#devices.values()) {
      if (!device.paired && !device.connected) return [this.#drop(device)];
    }
    return [];
  }

  #drop(device: KnownDevice): HostChange {
    this.#devices.delete(device.path);
    this.#tables.delete(device.path);
    if (this.#pathByAddress.get(device.address) === device.path) this.#pathByAddress.delete(device.address);
    return { kind: 'gone', device };
  }

  #gattAdded(devicePath: string, path: string, interfaces: Readonly<Record<string, Properties>>): void {
    const service = interfaces[SERVICE];
    const characteristic = interfaces[CHARACTERISTIC];
    if ((!service && !characteristic) || !this.#devices.has(devicePath)) return;
    const table = this.#tables.get(devicePath) ?? { services: new Map(), characteristics: new Map() };
    if (table.services.size + table.characteristics.size >= MAX_GATT_OBJECTS) return;
    this.#tables.set(devicePath, table);
    if (typeof service?.UUID === 'string') table.services.set(path, shortUuid(service.UUID));
    if (typeof characteristic?.UUID === 'string' && typeof characteristic.Service === 'string') {
      const flags = new Set(Array.isArray(characteristic.Flags) ? characteristic.Flags.slice(0, 32) : []);
      table.characteristics.set(path, { service: characteristic.Service, uuid: shortUuid(characteristic.UUID), flags });
    }
  }
}

function isHeard(properties: Properties): boolean {
  return ADVERTISED.some((name) => properties[name] !== undefined);
}
