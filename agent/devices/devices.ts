// The devices of this gateway: name, password (stored hashed), and whose readings it brings. Pure; files and the running
// broker hear of a change through the ports that are handed in.
import type { DeviceDirectory, DeviceLogin } from '@vitalseal/gateway';
import { hashPassword, newPassword, passwordVerifier, topicOf } from '@vitalseal/gateway';
import { type Address, formatAddress, isVitalsealError, parseAddress, VitalsealError } from '@vitalseal/ledger';

/** `enrolled`: whoever the gateway was enrolled for. null: nobody, its readings are held. */
export type Assignment = Address | null | 'enrolled';

export interface Device {
  readonly name: string;
  /** See gateway/mqtt/password.ts. */
  readonly password: string;
  readonly owner: Assignment;
}

/** What `devices add` shows, once. */
export interface NewDevice {
  readonly device: string;
  readonly username: string;
  readonly password: string;
  readonly topics: { readonly json: string; readonly senml: string; readonly 'senml-cbor': string };
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const MAX_DEVICES = 4096;

/** `save` is durable on return, or throws and then nothing has changed. */
export class Devices implements DeviceDirectory {
  #devices: ReadonlyMap<string, Device>;
  #logins = new Map<string, DeviceLogin>();
  readonly #save: (devices: readonly Device[]) => void;

  constructor(devices: readonly Device[], save: (devices: readonly Device[]) => void) {
    this.#devices = new Map(devices.map((device) => [device.name, device]));
    this.#save = save;
  }

  list(): Device[] {
    return [...this.#devices.values()];
  }

  /** Throws `device_invalid`, also for a name that is taken, and what saving throws. */
  add(name: string, owner: Assignment): NewDevice {
    if (!NAME.test(name)) {
      throw new VitalsealError(
        'device_invalid',
        'a device name has 1 to 64 letters, digits, dots, dashes or underscores',
      );
    }
    if (this.#devices.has(name)) throw new VitalsealError('device_invalid', 'there is a device of that name already');
    if (this.#devices.size >= MAX_DEVICES) throw new VitalsealError('quota_exceeded', `at most ${MAX_DEVICES} devices`);
    const password = newPassword();
    this.#replace(name, { name, password: hashPassword(password), owner });
    const [json, senml, cbor] = [topicOf(name, 'json'), topicOf(name, 'senml'), topicOf(name, 'senml-cbor')];
    return { device: name, username: name, password, topics: { json, senml, 'senml-cbor': cbor } };
  }

  /** Whose readings it brings from now on. Throws `device_unknown`. */
  assign(name: string, owner: Assignment): void {
    this.#replace(name, { ...this.#known(name), owner });
  }

  /** Its readings stay; it can no longer connect. Throws `device_unknown`. */
  remove(name: string): void {
    this.#known(name);
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
    const verifyPassword = device === undefined ? null : passwordVerifier(device.password);
    if (device === undefined || verifyPassword === null) return null;
    const login = { device: device.name, verifyPassword };
    this.#logins.set(username, login);
    return login;
  }

  #known(name: string): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new VitalsealError('device_unknown');
    return device;
  }

  #replace(name: string, device: Device | null): void {
    const next = new Map(this.#devices);
    if (device === null) next.delete(name);
    else next.set(name, device);
    this.#save([...next.values()]);
    this.#devices = next;
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

const VERSION = 1;

/** The file of devices. */
export function formatDevices(devices: readonly Device[]): string {
  const rows = devices.map(({ name, password, owner }) => ({ name, password, owner: formatAssignment(owner) }));
  return `${JSON.stringify({ version: VERSION, devices: rows }, null, 1)}\n`;
}

/** Throws `store_newer` or `store_damaged`. */
export function parseDevices(text: string): Device[] {
  try {
    const file = JSON.parse(text) as { version?: unknown; devices?: unknown };
    if (typeof file.version === 'number' && file.version > VERSION) throw new VitalsealError('store_newer');
    if (file.version !== VERSION || !Array.isArray(file.devices)) throw new VitalsealError('store_damaged');
    return file.devices.map((row: Record<string, unknown>) => {
      const { name, password, owner } = row;
      const whole =
        typeof name === 'string' && NAME.test(name) && typeof password === 'string' && typeof owner === 'string';
      if (!whole) throw new VitalsealError('store_damaged');
      return { name, password, owner: parseAssignment(owner === 'enrolled' ? undefined : owner) };
    });
  } catch (error) {
    if (isVitalsealError(error, 'store_newer')) throw error;
    throw new VitalsealError('store_damaged', 'devices.json is damaged');
  }
}
