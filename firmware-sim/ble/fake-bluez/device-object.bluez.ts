// Device1 of a device as it is when BlueZ first hears of it, and its advertisement in the types of D-Bus.
import { Variant } from '@jellybrick/dbus-next';
import type { Peripheral } from '../peripheral.ts';
import { DEVICE, longUuid } from './host.ts';
import type { BusObject, Method } from './object-server.bluez.ts';

export interface DeviceObject {
  readonly peripheral: Peripheral;
  readonly adapterPath: string;
  readonly address: string;
  readonly addressType: 'public' | 'random';
  readonly paired: boolean;
  /** Undefined: not heard, only remembered. */
  readonly rssi: number | undefined;
  readonly atMs: number;
  readonly methods: Readonly<Record<string, Method>>;
  readonly trust: (on: boolean) => void;
}

export function deviceObject(device: DeviceObject): BusObject {
  const { name, services, serviceData, manufacturerData } = advertised(device.peripheral, device.atMs);
  return {
    [DEVICE]: {
      properties: {
        Address: ['s', device.address],
        AddressType: ['s', device.addressType],
        Name: ['s', name],
        Alias: ['s', name],
        Paired: ['b', device.paired],
        Bonded: ['b', device.paired],
        Trusted: ['b', false],
        Blocked: ['b', false],
        LegacyPairing: ['b', false],
        Connected: ['b', false],
        ServicesResolved: ['b', false],
        UUIDs: ['as', services.map(longUuid)],
        Adapter: ['o', device.adapterPath],
        RSSI: ['n', device.rssi],
        ServiceData: ['a{sv}', serviceData],
        ManufacturerData: ['a{qv}', manufacturerData],
      },
      methods: device.methods,
      settable: { Trusted: (value) => device.trust(value === true) },
    },
  };
}

/** Data that a device does not advertise is undefined. */
export function advertised(peripheral: Peripheral, atMs: number) {
  const { name, services, serviceData, manufacturerData } = peripheral.advertisement(atMs);
  return {
    name,
    services,
    serviceData: variants(Object.entries(serviceData).map(([uuid, bytes]) => [longUuid(uuid), bytes])),
    manufacturerData: variants(Object.entries(manufacturerData)),
  };
}

function variants(entries: [string, Uint8Array][]): Record<string, Variant> | undefined {
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([key, bytes]) => [key, new Variant('ay', Buffer.from(bytes))]));
}
