// The GATT table of one connected device as GattService1 and GattCharacteristic1 objects, and the notifications that leave
// it. As in BlueZ the objects stay when the link ends, and a program's subscription takes effect again on the next link.
import type { Message } from '@jellybrick/dbus-next';
import { CHARACTERISTIC, longUuid, SERVICE } from '../bus/names.ts';
import { BusError, type ObjectServer } from '../bus/object-server.bluez.ts';
import { ATT, AttError, type Characteristic, type Packet, type Peripheral, type Protection } from '../peripheral.ts';
import type { Security } from './bond.bluez.ts';
import type { DeviceFaults } from './host.ts';

const ERROR = 'org.bluez.Error.';
const MTU = 247;
const RACP = '2A52';

export interface GattLink {
  readonly server: ObjectServer;
  readonly peripheral: Peripheral;
  readonly faults: DeviceFaults;
  path(): string;
  isUp(): boolean;
  security(): Security;
  /** Pairs by itself as bluetoothd does when a device wants a protected link. */
  elevate(): Promise<'as-it-was' | 'paired' | 'refused'>;
  now(): number;
  /** Something was written or subscribed: packets may be due. */
  changed(): void;
}

export class GattTable {
  readonly #link: GattLink;
  readonly #paths = new Map<Characteristic, string>();
  /** Programs that want notifications, by characteristic. */
  readonly #wanted = new Map<Characteristic, Set<string>>();
  #exported = false;

  constructor(link: GattLink) {
    this.#link = link;
  }

  /** Exports all objects if they are not there yet, and takes up the subscriptions that programs still have. */
  resolved(): void {
    if (!this.#exported) this.#export();
    for (const [characteristic, senders] of this.#wanted) {
      if (senders.size > 0 && this.#mayUse(characteristic)) this.#subscribe(characteristic, true);
    }
  }

  /** The objects are gone with their device, or with bluetoothd. */
  forget(): void {
    this.#exported = false;
    this.#paths.clear();
    this.#wanted.clear();
  }

  /** Takes the objects away, the device stays. */
  withdraw(): void {
    for (const path of new Set([...this.#paths.values()].map((path) => path.slice(0, path.lastIndexOf('/'))))) {
      this.#link.server.remove(path);
    }
    this.forget();
  }

  /** A program left the bus: nobody hears what it subscribed to. */
  gone(sender: string): void {
    for (const [characteristic, senders] of this.#wanted) {
      if (senders.delete(sender) && senders.size === 0) this.#unsubscribe(characteristic);
    }
  }

  notify({ characteristic, bytes }: Packet): void {
    const path = this.#paths.get(characteristic);
    if (path !== undefined) this.#link.server.change(path, CHARACTERISTIC, { Value: Buffer.from(bytes) });
  }

  #export(): void {
    const { server, peripheral } = this.#link;
    const device = this.#link.path();
    let handle = 1;
    const next = () => (handle++).toString(16).padStart(4, '0');
    this.#exported = true;
    for (const { uuid, characteristics } of peripheral.services) {
      const service = `${device}/service${next()}`;
      server.add(service, {
        [SERVICE]: {
          properties: {
            UUID: ['s', longUuid(uuid)],
            Device: ['o', device],
            Primary: ['b', true],
            Includes: ['ao', []],
          },
          methods: {},
        },
      });
      for (const characteristic of characteristics) {
        next(); // the declaration has a handle too
        const path = `${service}/char${next()}`;
        this.#paths.set(characteristic, path);
        server.add(path, { [CHARACTERISTIC]: this.#interface(characteristic, service) });
      }
    }
  }

  #interface(characteristic: Characteristic, service: string) {
    return {
      properties: {
        UUID: ['s', longUuid(characteristic.uuid)],
        Service: ['o', service],
        Value: ['ay', Buffer.alloc(0)],
        Notifying: ['b', false],
        Flags: ['as', [...characteristic.flags]],
        MTU: ['q', MTU],
      },
      methods: {
        ReadValue: { takes: ['a{sv}'], gives: 'ay', call: () => this.#read(characteristic) },
        WriteValue: {
          takes: ['ay', 'a{sv}'],
          gives: '',
          call: (message: Message) => this.#write(characteristic, message),
        },
        StartNotify: { takes: [], gives: '', call: ({ sender }: Message) => this.#start(characteristic, sender) },
        StopNotify: { takes: [], gives: '', call: ({ sender }: Message) => this.#stop(characteristic, sender) },
      },
    } as const;
  }

  async #read(characteristic: Characteristic): Promise<Buffer> {
    await this.#allow(characteristic);
    if (!characteristic.read) throw errorOf(new AttError(ATT.readNotPermitted));
    const value = Buffer.from(characteristic.read(this.#link.now()));
    this.#link.server.change(this.#paths.get(characteristic) ?? '', CHARACTERISTIC, { Value: value });
    return value;
  }

  async #write(characteristic: Characteristic, { body }: Message): Promise<void> {
    await this.#allow(characteristic);
    if (!characteristic.write) throw errorOf(new AttError(ATT.writeNotPermitted));
    if (this.#link.faults.silentRacp && characteristic.uuid === RACP) return;
    try {
      characteristic.write(Uint8Array.from(body[0] as Buffer), this.#link.now());
    } catch (error) {
      throw error instanceof AttError ? errorOf(error) : error;
    }
    this.#link.changed();
  }

  async #start(characteristic: Characteristic, sender: string): Promise<void> {
    const { flags } = characteristic;
    if (!flags.includes('notify') && !flags.includes('indicate')) {
      throw new BusError(`${ERROR}NotSupported`, 'Operation is not supported');
    }
    await this.#allow(characteristic);
    const senders = this.#wanted.get(characteristic) ?? new Set();
    this.#wanted.set(characteristic, senders.add(sender));
    this.#subscribe(characteristic, true);
  }

  #stop(characteristic: Characteristic, sender: string): void {
    const senders = this.#wanted.get(characteristic);
    if (!senders?.delete(sender)) throw new BusError(`${ERROR}Failed`, 'No notify session started');
    if (senders.size === 0) this.#unsubscribe(characteristic);
  }

  #subscribe(characteristic: Characteristic, on: boolean): void {
    const { server, peripheral, now, changed } = this.#link;
    peripheral.subscribe(characteristic, on, now());
    const path = this.#paths.get(characteristic) ?? '';
    if (server.get(path, CHARACTERISTIC, 'Notifying') !== on) server.change(path, CHARACTERISTIC, { Notifying: on });
    changed();
  }

  #unsubscribe(characteristic: Characteristic): void {
    if (this.#link.isUp()) this.#subscribe(characteristic, false);
    else this.#link.server.change(this.#paths.get(characteristic) ?? '', CHARACTERISTIC, { Notifying: false });
  }

  async #allow(characteristic: Characteristic): Promise<void> {
    if (!this.#link.isUp()) throw new BusError(`${ERROR}Failed`, 'Not connected');
    if (this.#mayUse(characteristic)) return;
    const elevated = await this.#link.elevate();
    // As bluetoothd 5.66: what it pairs for is never answered when the pairing comes to nothing.
    if (elevated === 'refused') await new Promise(() => {});
    if (this.#mayUse(characteristic)) return;
    throw errorOf(new AttError(ATT.insufficientAuthentication));
  }

  #mayUse({ protection = 'none' }: Characteristic): boolean {
    const enough: Record<Protection, readonly Security[]> = {
      none: ['none', 'unauthenticated', 'authenticated'],
      encrypted: ['unauthenticated', 'authenticated'],
      authenticated: ['authenticated'],
    };
    return enough[protection].includes(this.#link.security());
  }
}

/** What bluetoothd makes of an ATT error. */
function errorOf({ code }: AttError): BusError {
  switch (code) {
    case ATT.readNotPermitted:
      return new BusError(`${ERROR}NotPermitted`, 'Read not permitted');
    case ATT.writeNotPermitted:
      return new BusError(`${ERROR}NotPermitted`, 'Write not permitted');
    case ATT.insufficientAuthentication:
    case ATT.insufficientEncryption:
      return new BusError(`${ERROR}NotPermitted`, 'Not paired');
    case ATT.invalidLength:
      return new BusError(`${ERROR}InvalidValueLength`, 'Invalid Length');
    default: {
      const hex = code.toString(16).padStart(2, '0');
      return new BusError(`${ERROR}Failed`, `Operation failed with ATT error: 0x${hex}`);
    }
  }
}
