// What comes in: the MQTT broker, at once, and the radio, when a Bluetooth device is there. Both deliver to the vault's
// sink, which must be ready, and neither waits for the other.
//
//   broker ─┬─► sink          records of a meter ─► sink ─► committed ─► their cursor, in the same vault
//   radio  ─┘
import {
  type BrokerOptions,
  bleRadio,
  type Gateway,
  type ReadingSink,
  startGateway,
  systemClock,
} from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { Bluetooth, type RunningBle } from './ble/bluetooth.ts';
import type { AgentConfig } from './config/config.ts';
import { type BleChoice, brokerLimits, radioChoice } from './config/options.ts';
import { recordCursors } from './devices/cursors.ts';
import type { Devices } from './devices/devices.ts';
import { outspoken } from './inbox/outspoken.ts';
import type { Log } from './logging.pino.ts';
import type { Vault } from './vault/vault.ts';

export interface InputParts {
  readonly place: { readonly host: string; readonly port: number };
  readonly config: AgentConfig;
  readonly files: { pem(key: string, path: string): Buffer; hashKey(): Uint8Array };
  readonly devices: Devices;
  readonly vault: Vault;
  readonly ble: BleChoice | undefined;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly log: Log;
}

export interface Inputs {
  /** The broker's. */
  readonly gateway: Gateway;
  readonly bluetooth: Bluetooth;
  /** Takes no more, waits a bounded time for what is in flight, and closes. */
  stop(): Promise<void>;
}

/** Resolves when the broker listens. Throws `cannot_listen`, `transport_refused` or `config_invalid`; Bluetooth never does. */
export async function startInputs(parts: InputParts): Promise<Inputs> {
  const { config, devices, vault, after, log } = parts;
  const sink = outspoken(vault.sink(), log);
  const gateway = await startGateway({ mqtt: brokerOptions(parts), ble: null }, sink);
  const open = () => startRadio(parts, sink);
  const bluetooth = new Bluetooth({ enabled: config.ble.enabled, devices: devices.ble, open, after, log });
  bluetooth.devicesChanged();
  return {
    gateway,
    bluetooth,
    stop: async () => void (await Promise.all([bluetooth.stop(), gateway.stop()])),
  };
}

async function startRadio(parts: InputParts, sink: ReadingSink): Promise<RunningBle> {
  const { config, devices, vault, files, after, log } = parts;
  const tell = (event: string, facts: object) => log(event, { ...facts });
  const radio = await bleRadio({ ...radioChoice(config, parts.ble), log: tell });
  const options = {
    ...{ radio, devices: devices.ble, cursors: recordCursors(vault), clock: systemClock(), hashKey: files.hashKey() },
    ...{ after, log: tell, random: Math.random, limits: { connections: config.ble.max_connections } },
  };
  const { ble, stop } = await startGateway({ mqtt: null, ble: options }, sink);
  if (ble === null) throw new VitalsealError('radio_unavailable');
  return {
    devicesChanged: () => ble.devicesChanged(),
    status: () => ble.status(),
    fault: () => ble.fault(),
    sightings: (leaseMs) => ble.sightings(leaseMs),
    pair: (device, dialogue, signal) => ble.pair(device, dialogue, signal),
    forget: (device) => ble.forget(device),
    counters: () => ble.counters(),
    stop,
  };
}

function brokerOptions({ place, config, files, devices }: InputParts): BrokerOptions {
  const { certificate: cert, private_key: key, allow_plain: plainBeyondLoopback } = config.mqtt;
  const plain = cert === undefined || key === undefined;
  const tls = plain
    ? undefined
    : { cert: files.pem('mqtt.certificate', cert), key: files.pem('mqtt.private_key', key) };
  const given = { devices, clock: systemClock(), hashKey: files.hashKey(), limits: brokerLimits(config) };
  return { ...place, ...given, plainBeyondLoopback, tls };
}
