// The devices of this gateway: name, how it comes in (a password for MQTT, a rule for Bluetooth), and whose readings it
// brings. Pure; files, the running broker and the radio hear of a change through the ports that are handed in.
import type { BleDevice, BleDirectory, DeviceDirectory, DeviceLogin } from '@vitalseal/gateway';
import { hashPassword, newPassword, passwordVerifier, topicOf } from '@vitalseal/gateway';
import { type Address, formatAddress, parseAddress, VitalsealError } from '@vitalseal/ledger';
import { type BleRule, sameDevice } from './bluetooth.ts';

/** `enrolled`: whoever the gateway was enrolled for. null: nobody, its readings are held. */
export type Assignment = Address | null | 'enrolled';

interface AnyDevice {
  readonly name: string;
  readonly owner: Assignment;
}

export interface MqttDevice extends AnyDevice {
  readonly kind: 'mqtt';
  /** See gateway/mqtt/password.ts. */
  readonly password: string;
}

export interface BluetoothDevice extends AnyDevice, BleRule {
  readonly kind: 'ble';
}

export type Device = MqttDevice | BluetoothDevice;

/** What `devices add` shows, once. */
export interface NewDevice {
  readonly device: string;
  readonly username: string;
  readonly password: string;
  readonly topics: { readonly json: string; readonly senml: string; readonly 'senml-cbor': string };
}

/** What `devices add --ble` shows: no secret is in it. */
export interface NewBleDevice extends BleRule {
  readonly device: string;
}

/** No slash: a user `ble/NAME` of the inbox is never one of MQTT. */
export const DEVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const MAX_DEVICES = 4096;

/** `save` is durable on return, or throws and then nothing has changed. */
export class Devices implements DeviceDirectory {
  #devices: ReadonlyMap<string, Device>;
  #logins = new Map<string, DeviceLogin>();
  #allowed: readonly BleDevice[] | null = null;
  readonly #save: (devices: readonly Device[]) => void;
  /** What the radio may connect to. */
  readonly ble: BleDirectory = { list: () => this.#allowList() };

  constructor(devices: readonly Device[], save: (devices: readonly Device[]) => void) {
    this.#devices = new Map(devices.map((device) => [device.name, device]));
    this.#save = save;
  }

  list(): Device[] {
    return [...this.#devices.values()];
  }

  /** Throws `device_unknown`. */
  get(name: string): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new VitalsealError('device_unknown');
    return device;
  }

  /** Throws `device_invalid`, also for a name that is taken, and what saving throws. */
  add(name: string, owner: Assignment): NewDevice {
    this.#mustBeFree(name);
    const password = newPassword();
    this.#replace(name, { kind: 'mqtt', name, password: hashPassword(password), owner });
    const [json, senml, cbor] = [topicOf(name, 'json'), topicOf(name, 'senml'), topicOf(name, 'senml-cbor')];
    return { device: name, username: name, password, topics: { json, senml, 'senml-cbor': cbor } };
  }

  /** As `add`. Throws `device_invalid` too when another device would be taken for the same one. */
  addBle(name: string, owner: Assignment, { match, setClock }: BleRule): NewBleDevice {
    this.#mustBeFree(name);
    const other = this.#allowList().find((known) => sameDevice(known.match, match));
    if (other !== undefined)
      throw new VitalsealError('device_invalid', `${other.device} is that Bluetooth device already`);
    this.#replace(name, { kind: 'ble', name, match, setClock, owner });
    return { device: name, match, setClock };
  }

  /** Whose readings it brings from now on. Throws `device_unknown`. */
  assign(name: string, owner: Assignment): void {
    this.#replace(name, { ...this.get(name), owner });
  }

  /** Its readings stay; it can no longer connect. Throws `device_unknown`. */
  remove(name: string): void {
    this.get(name);
    this.#replace(name, null);
  }

  /** Device → owner, for the vault. */
  assignments(enrolled: Address | null): Map<string, Address | null> {
    return new Map(this.list().map(({ name, owner }) => [name, owner === 'enrolled' ? enrolled : owner]));
  }

  lookup(username: string): DeviceLogin | null {
    const held = this.#logins.get(username);
    if (held !== undefined) return held;
    const device = this.#devices.get(username);
    const verifyPassword = device?.kind === 'mqtt' ? passwordVerifier(device.password) : null;
    if (device === undefined || verifyPassword === null) return null;
    const login = { device: device.name, verifyPassword };
    this.#logins.set(username, login);
    return login;
  }

  #allowList(): readonly BleDevice[] {
    this.#allowed ??= this.list().flatMap((device) =>
      device.kind === 'ble' ? [{ device: device.name, match: device.match, setClock: device.setClock }] : [],
    );
    return this.#allowed;
  }

  #mustBeFree(name: string): void {
    if (!DEVICE_NAME.test(name)) {
      throw new VitalsealError(
        'device_invalid',
        'a device name has 1 to 64 letters, digits, dots, dashes or underscores',
      );
    }
    if (this.#devices.has(name)) throw new VitalsealError('device_invalid', 'there is a device of that name already');
    if (this.#devices.size >= MAX_DEVICES) throw new VitalsealError('quota_exceeded', `at most ${MAX_DEVICES} devices`);
  }

  #replace(name: string, device: Device | null): void {
    const next = new Map(this.#devices);
    if (device === null) next.delete(name);
    else next.set(name, device);
    this.#save([...next.values()]);
    this.#devices = next;
    this.#allowed = null;
    this.#logins.delete(name);
  }
}

/** `ADDRESS`, `none`, or undefined for the enrolled owner. Throws `address_invalid`. */
export function parseAssignment(text: string | undefined): Assignment {
  if (text === undefined) return 'enrolled';
  return text === 'none' ? null : parseAddress(text);
}

export function formatAssignment(owner: Assignment): string {
  if (owner === 'enrolled') return 'enrolled';
  return owner === null ? 'none' : formatAddress(owner);
}
