// A peripheral as the objects that bluetoothd asks of an application: its services and characteristics below one
// ObjectManager, and the advertisement.
import type { Message, Variant } from '@jellybrick/dbus-next';
import { advertised } from '../bus/advertised.bluez.ts';
import { CHARACTERISTIC, longUuid, SERVICE } from '../bus/names.ts';
import { BusError, type BusObject, type ObjectServer } from '../bus/object-server.bluez.ts';
import {
  ATT,
  AttError,
  type Characteristic,
  type CharacteristicFlag,
  type Packet,
  type Peripheral,
} from '../peripheral.ts';

export const ADVERTISEMENT = 'org.bluez.LEAdvertisement1';
const ERROR = 'org.bluez.Error.';

export const APPLICATION_PATH = '/org/vitalseal/sim';
export const ADVERTISEMENT_PATH = '/org/vitalseal/advertisement';

export class Application {
  readonly #server: ObjectServer;
  readonly #paths = new Map<Characteristic, string>();

  /** `changed`: something was written or subscribed. */
  constructor(server: ObjectServer, peripheral: Peripheral, now: () => number, changed: () => void) {
    this.#server = server;
    peripheral.services.forEach(({ uuid, characteristics }, i) => {
      const service = `${APPLICATION_PATH}/service${i}`;
      server.add(service, {
        [SERVICE]: { properties: { UUID: ['s', longUuid(uuid)], Primary: ['b', true] }, methods: {} },
      });
      characteristics.forEach((characteristic, n) => {
        const path = `${service}/char${n}`;
        this.#paths.set(characteristic, path);
        const subscribe = (on: boolean) => {
          peripheral.subscribe(characteristic, on, now());
          changed();
        };
        server.add(path, {
          [CHARACTERISTIC]: {
            properties: {
              UUID: ['s', longUuid(characteristic.uuid)],
              Service: ['o', service],
              Flags: ['as', flagsOf(characteristic)],
              Value: ['ay', Buffer.alloc(0)],
            },
            methods: {
              ReadValue: { takes: ['a{sv}'], gives: 'ay', call: ({ body }) => read(characteristic, body[0], now()) },
              WriteValue: {
                takes: ['ay', 'a{sv}'],
                gives: '',
                call: ({ body }: Message) => {
                  write(characteristic, body[0] as Buffer, now());
                  changed();
                },
              },
              StartNotify: { takes: [], gives: '', call: () => subscribe(true) },
              StopNotify: { takes: [], gives: '', call: () => subscribe(false) },
              /** An indication arrived. */
              Confirm: { takes: [], gives: '', call: () => {} },
            },
          },
        });
      });
    });
  }

  notify({ characteristic, bytes }: Packet): void {
    const path = this.#paths.get(characteristic);
    if (path !== undefined) this.#server.change(path, CHARACTERISTIC, { Value: Buffer.from(bytes) });
  }
}

export function advertisementObject(peripheral: Peripheral, atMs: number): BusObject {
  const { name, services, serviceData, manufacturerData } = advertised(peripheral, atMs);
  return {
    [ADVERTISEMENT]: {
      properties: {
        Type: ['s', 'peripheral'],
        LocalName: ['s', name],
        ServiceUUIDs: ['as', services.map(longUuid)],
        ServiceData: ['a{sv}', serviceData],
        ManufacturerData: ['a{qv}', manufacturerData],
      },
      methods: { Release: { takes: [], gives: '', call: () => {} } },
    },
  };
}

/** BlueZ asks for protection in the flags of a server's characteristic. */
function flagsOf({ flags, protection = 'none' }: Characteristic): string[] {
  if (protection === 'none') return [...flags];
  const prefix = protection === 'encrypted' ? 'encrypt' : 'encrypt-authenticated';
  const protects: Record<CharacteristicFlag, string> = {
    read: `${prefix}-read`,
    write: `${prefix}-write`,
    'write-without-response': `${prefix}-write`,
    notify: `${prefix}-notify`,
    indicate: `${prefix}-indicate`,
  };
  return [...flags, ...new Set(flags.map((flag) => protects[flag]))];
}

function read(characteristic: Characteristic, options: unknown, atMs: number): Buffer {
  if (!characteristic.read) throw new BusError(`${ERROR}NotPermitted`, 'Read not permitted');
  const offset = Number((options as Record<string, Variant | undefined>).offset?.value ?? 0);
  return Buffer.from(characteristic.read(atMs)).subarray(offset);
}

function write(characteristic: Characteristic, bytes: Buffer, atMs: number): void {
  if (!characteristic.write) throw new BusError(`${ERROR}NotPermitted`, 'Write not permitted');
  try {
    characteristic.write(Uint8Array.from(bytes), atMs);
  } catch (error) {
    throw error instanceof AttError ? errorOf(error) : error;
  }
}

/** From what bluetoothd makes the ATT error again: by name, and an error of a profile from its number as text. */
function errorOf({ code }: AttError): BusError {
  switch (code) {
    case ATT.procedureInProgress:
      return new BusError(`${ERROR}InProgress`, 'In Progress');
    case ATT.notConfigured:
      return new BusError(`${ERROR}ImproperlyConfigured`, 'Improperly Configured');
    case ATT.invalidLength:
      return new BusError(`${ERROR}InvalidValueLength`, 'Invalid Length');
    default:
      return new BusError(`${ERROR}Failed`, `0x${code.toString(16)}`);
  }
}
