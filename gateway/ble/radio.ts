// The radio port: what the gateway needs of a Bluetooth Low Energy host, and no more. BlueZ stands behind it on Linux
// (ble/bluez); tests drive sessions over a radio in memory. Every call ends within a bounded time, also when the host dies.

/** Upper-case hex with colons: `C0:26:DA:01:02:03`. An identity address where the host has resolved one. */
export type BleAddress = string;

/** What was heard of a device: its advertisement as far as the host kept it. Bounded by the adapter. */
export interface Sighting {
  readonly address: BleAddress;
  readonly addressType: 'public' | 'random';
  readonly name: string | null;
  /** dBm; null when the host does not say (a device that is only remembered). */
  readonly rssi: number | null;
  /** Service UUIDs, shortened as by shortUuid. */
  readonly services: readonly string[];
  /** By shortened UUID. */
  readonly serviceData: ReadonlyMap<string, Uint8Array>;
  /** By company identifier. */
  readonly manufacturerData: ReadonlyMap<number, Uint8Array>;
  readonly paired: boolean;
  readonly connected: boolean;
}

/** A characteristic of a connected device. Two may have the same UUID; `handle` tells them apart, until the next connection. */
export interface GattCharacteristic {
  readonly handle: string;
  /** UUID of its service, shortened. */
  readonly service: string;
  /** Shortened: `2A37`. */
  readonly uuid: string;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Notify or indicate. */
  readonly canSubscribe: boolean;
}

export type RadioEvent =
  /** The host answers and its adapter is powered. Sent once by `start`, and after each recovery. */
  | { readonly kind: 'up' }
  /** The host is gone, or its adapter: all links are lost. The radio goes on trying by itself. */
  | { readonly kind: 'down' }
  | { readonly kind: 'sighting'; readonly sighting: Sighting }
  /** A rotating address was resolved: what was `from` is `address` from now on. */
  | { readonly kind: 'identity'; readonly from: BleAddress; readonly address: BleAddress }
  | { readonly kind: 'disconnected'; readonly address: BleAddress }
  | { readonly kind: 'value'; readonly address: BleAddress; readonly handle: string; readonly bytes: Uint8Array };

/** Why a radio is down, from the bus up. */
export type RadioFaultCode =
  /** Nobody answers at the address of the bus. */
  | 'no-bus'
  /** No bluetoothd is on it. */
  | 'no-host'
  /** The bus does not let this user speak to bluetoothd. */
  | 'denied'
  /** bluetoothd does not answer. */
  | 'silent'
  | 'no-adapter'
  /** By rfkill. */
  | 'blocked'
  /** It is off, and does not come on. */
  | 'off';

/** A fault with what was looked for, and where. */
export interface RadioFault {
  readonly fault: RadioFaultCode;
  readonly bus: string;
  readonly adapter: string;
  /** Names of the adapters that the host has; empty as long as it was not heard. */
  readonly adapters: readonly string[];
}

/** What a host asks while it pairs. */
export type PairingQuestion =
  /** Both sides show six digits: are they equal? Answer true or false. */
  | { readonly kind: 'confirm'; readonly passkey: string }
  /** The device shows six digits: which? Answer them. */
  | { readonly kind: 'enter-passkey' }
  /** Older devices: answer the PIN from the manual. */
  | { readonly kind: 'enter-pin' }
  /** The device wants these six digits typed on it: show them; the answer is not looked at. */
  | { readonly kind: 'show-passkey'; readonly passkey: string }
  /** Just Works: nobody can tell who is at the other end. Answer true or false. */
  | { readonly kind: 'authorize' };

/** Answers a question; false, null or a rejection cancels the pairing. */
export type PairingDialogue = (question: PairingQuestion) => Promise<boolean | string | null>;

/**
 * All methods but `stop` and `fault` throw `radio_unavailable` (no host, no adapter, it died: retryable) or `radio_timeout`.
 * Those of one device also throw `device_gone` (out of reach, or the link dropped), `pairing_needed` when the device
 * wants an encrypted link first, and `device_refused` when it says no to this one thing.
 */
export interface Radio {
  /** Resolves when events will come; also when there is no host yet: `up` follows when it answers. */
  start(listener: (event: RadioEvent) => void): Promise<void>;
  /** Ends discovery, drops the links that this radio made, leaves the host as it was. Never throws. */
  stop(): Promise<void>;
  /** What is amiss now, found by itself and gone by itself; null while it is up, and before it looked. Throws nothing. */
  fault(): RadioFault | null;
  /** Whether to listen for advertisements. Survives a recovery of the host. */
  discover(on: boolean): Promise<void>;
  /** What the host knows now, remembered devices among them. */
  sightings(): readonly Sighting[];
  /** Resolves when all characteristics are known. */
  connect(address: BleAddress): Promise<readonly GattCharacteristic[]>;
  disconnect(address: BleAddress): Promise<void>;
  /** Throws `pairing_failed` too. No dialogue: Just Works alone is accepted, everything else is refused (`pairing_needed`). */
  pair(address: BleAddress, dialogue: PairingDialogue | null): Promise<void>;
  /** Removes bond and cache of a device. */
  forget(address: BleAddress): Promise<void>;
  read(address: BleAddress, handle: string): Promise<Uint8Array>;
  /** With response. */
  write(address: BleAddress, handle: string, bytes: Uint8Array): Promise<void>;
  /** Values come as events from now on until the link ends. */
  subscribe(address: BleAddress, handle: string): Promise<void>;
}

const BASE = /^0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb$/i;

/** `2A37` for a UUID of the Bluetooth base, the whole in lower case else. */
export function shortUuid(uuid: string): string {
  return BASE.exec(uuid)?.[1]?.toUpperCase() ?? uuid.toLowerCase();
}
