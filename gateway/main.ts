// The composition root of the gateway: the only file here that knows the adapters. The agent starts a gateway with it.

import type { BluezRadioOptions } from './ble/bluez/radio.bluez.ts';
import type { Radio } from './ble/radio.ts';
import type { BleOptions, BleSource } from './ble/source.ts';
import { bootClock } from './clock/clock.ts';
import { linuxClock } from './clock/linux.fs.ts';
import type { BootClock, ReadingSink, Source } from './contract.ts';
import type { Broker, BrokerOptions } from './mqtt/broker.socket.ts';

export type * from './ble/directory.ts';
export { type BleLimits, DEFAULT_BLE_LIMITS } from './ble/limits.ts';
export { type PairingOutcome, type PairingPorts, pairByHand, pairingCancelled } from './ble/pairing.ts';
export * from './ble/radio.ts';
export type { BleOptions, BleSource } from './ble/source.ts';
export { bootClock, type PlatformClock } from './clock/clock.ts';
export { allTerms, type Term, termOfCode, termOfRefid } from './codes/mdc.ts';
export { ucumOfSenml } from './codes/senml-units.ts';
export * from './contract.ts';
export { type Decoded, decodePayload, PAYLOAD_FORMATS, type PayloadFormat } from './decoding/decode.ts';
export type { Stamp } from './decoding/stamp.ts';
export type { Broker, BrokerOptions } from './mqtt/broker.socket.ts';
export { type BrokerLimits, DEFAULT_LIMITS } from './mqtt/limits.ts';
export type { Listen, TlsFiles } from './mqtt/listener.socket.ts';
export { hashPassword, newPassword, passwordVerifier } from './mqtt/password.ts';
export { topicOf } from './mqtt/topic.ts';
export { knownCharacteristics } from './profiles/characteristics.ts';
export {
  type Described,
  type DescribedReading,
  describeCharacteristic,
  findCharacteristic,
} from './profiles/described.ts';

/** The clock of this machine. */
export function systemClock(): BootClock {
  return bootClock(linuxClock());
}

export interface GatewayOptions {
  /** The embedded broker; null when no device speaks MQTT. */
  readonly mqtt: BrokerOptions | null;
  /** The Bluetooth source; null when no device speaks it. */
  readonly ble: BleOptions | null;
}

export interface Gateway {
  /** The port of the broker; null without one. */
  readonly port: number | null;
  /** The Bluetooth source; null without one. */
  readonly ble: BleSource | null;
  /** The counts of all sources; see Source. */
  counters(): Record<string, number>;
  /** Closes the connections of a user: the device was removed, or its password changed. */
  disconnectUser(user: string): void;
  /** Takes no more, waits a bounded time for what is in flight, and closes. */
  stop(): Promise<void>;
}

/**
 * Starts the sources of a gateway on `sink`, which must be ready. Resolves when they listen. Throws
 * `cannot_listen`, `transport_refused` or `config_invalid`.
 */
export async function startGateway(options: GatewayOptions, sink: ReadingSink): Promise<Gateway> {
  const broker = options.mqtt === null ? null : await mqttBroker(options.mqtt);
  const ble = options.ble === null ? null : await bleSource(options.ble);
  const sources: Source[] = [broker, ble].filter((source) => source !== null);
  for (const source of sources) await source.start(sink);
  return {
    port: broker?.port ?? null,
    ble,
    counters: () => Object.assign({}, ...sources.map((source) => source.counters())),
    disconnectUser: (user) => broker?.disconnectUser(user),
    stop: async () => {
      for (const source of sources) await source.stop();
    },
  };
}

/**
 * The embedded MQTT broker, not yet started. Loaded only here: a gateway without MQTT, and a command that only wants a
 * password, need no broker in memory. Throws `transport_refused` for plain MQTT beyond loopback.
 */
export async function mqttBroker(options: BrokerOptions): Promise<Broker> {
  const { Broker } = await loadBroker();
  return new Broker(options);
}

/** The Bluetooth source, not yet started. Loaded only here, as the broker is. */
async function bleSource(options: BleOptions): Promise<BleSource> {
  const { BleSource } = await import('./ble/source.ts');
  return new BleSource(options);
}

/** The radio of this machine through BlueZ, not yet started. Loads the D-Bus library: nobody without Bluetooth pays for it. */
export async function bleRadio(options: BluezRadioOptions): Promise<Radio> {
  const { bluezRadio } = await import('./ble/bluez/radio.bluez.ts');
  return bluezRadio(options);
}

/** Loads the broker's code beforehand, for who has to wait for something else anyway. */
export async function loadBroker(): Promise<typeof import('./mqtt/broker.socket.ts')> {
  return import('./mqtt/broker.socket.ts');
}
