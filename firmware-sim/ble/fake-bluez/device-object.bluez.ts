// Device1 of a device as it is when BlueZ first hears of it, and its advertisement in the types of D-Bus.
import { advertised } from '../bus/advertised.bluez.ts';
import { DEVICE, longUuid } from '../bus/names.ts';
import type { BusObject, Method } from '../bus/object-server.bluez.ts';
import type { Peripheral } from '../peripheral.ts';

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
