// Simulated wearables and equipment, and replayed recordings, over MQTT. Knows nothing of the gateway but its topics and
// payload formats: it stands for hardware that other people build. This is the composition root.
import { setTimeout as sleep } from 'node:timers/promises';
import { busProgram, type PrivateBus, startPrivateBus } from './ble/bus/private-bus.fs.ts';
import { type FakeBluez, startFakeBluez } from './ble/fake-bluez/fake-bluez.bluez.ts';
import type { DeviceFaults, HostLimits } from './ble/fake-bluez/host.ts';
import type { FakeBluezOptions } from './ble/fake-bluez/options.ts';
import { type FakeBluezProcess, startFakeBluezProcess } from './ble/fake-bluez/process.socket.ts';
import type { FakeDeviceSpec } from './ble/fake-bluez/spec.ts';
import type { AnswerPairing } from './ble/gatt-server/agent.bluez.ts';
import { type GattServer, type GattServerOptions, startGattServer } from './ble/gatt-server/gatt-server.bluez.ts';
import { BLE_KINDS, type BleKind, createPeripheral, type PeripheralSpec } from './ble/kinds.ts';
import { AttError, type Packet, type Peripheral } from './ble/peripheral.ts';
import type { GlucoseMeter } from './ble/peripherals/glucose-meter.ts';
import type { HealthSensor } from './ble/peripherals/health-sensor.ts';
import { emissionsOf, isKind, KINDS, type Kind } from './devices/kinds.ts';
import { FAULTS, type Fault, type FaultRates, parseFault } from './faults/faults.ts';
import { LinkRefused } from './link/link.ts';
import { connectMqtt, type MqttTarget } from './link/mqtt.socket.ts';
import type { Trouble } from './link/trouble.ts';
import { FORMATS, type Format } from './payload/payload.ts';
import { seededRandom } from './random.ts';
import type { Decimal, Emission, SimReading, SimValue } from './reading.ts';
import type { CsvOptions } from './recordings/csv-recording.ts';
import { openRecording } from './recordings/open.fs.ts';
import { RecordingInvalid } from './recordings/recording.ts';
import type { Counters } from './run/counters.ts';
import { type Clock, type Simulation, simulate } from './run/simulation.ts';

export type {
  AnswerPairing,
  BleKind,
  Counters,
  CsvOptions,
  Decimal,
  DeviceFaults,
  Emission,
  FakeBluez,
  FakeBluezOptions,
  FakeBluezProcess,
  FakeDeviceSpec,
  Fault,
  FaultRates,
  Format,
  GattServer,
  GattServerOptions,
  GlucoseMeter,
  HealthSensor,
  HostLimits,
  Kind,
  MqttTarget,
  Packet,
  Peripheral,
  PeripheralSpec,
  PrivateBus,
  SimReading,
  Simulation,
  SimValue,
  Trouble,
};
export {
  AttError,
  BLE_KINDS,
  busProgram,
  createPeripheral,
  FAULTS,
  FORMATS,
  isKind,
  KINDS,
  LinkRefused,
  parseFault,
  RecordingInvalid,
  startFakeBluez,
  startFakeBluezProcess,
  startGattServer,
  startPrivateBus,
};

export interface SimulationOptions {
  mqtt: MqttTarget;
  /** Name in the topic; the user name by default, which is what the gateway expects. */
  device?: string;
  /** The same seed gives the same readings and the same faults (default 1). */
  seed?: number | string;
  format?: Format;
  faults?: FaultRates;
  /** 1 = as fast as real devices (default). */
  speed?: number;
  /** Messages a second, in place of the devices' own rhythm. */
  rate?: number;
  /** Sends nothing after so many, even if nothing could be sent; without it: until stopped, or until the recording ends. */
  seconds?: number;
  /** How long to wait for the last acknowledgements (default 10,000 ms). */
  patienceMs?: number;
  /** For every undamaged message whose PUBACK came: its number, how many readings it holds, and which. */
  onAcknowledged?: (messageId: number, readings: number, emission: Emission) => void;
}

/** Equipment that measures until stopped. */
export function startSimulation(options: SimulationOptions & { kinds: readonly Kind[] }): Simulation {
  return start(emissionsOf(options.kinds, seededRandom(options.seed ?? 1)), options);
}

/** A WFDB record or CSV file, sent as if its device were here. Throws `RecordingInvalid`. */
export function startReplay(
  options: SimulationOptions & { file: string; csv?: CsvOptions },
): Simulation & { summary: string } {
  const { emissions, summary } = openRecording(options.file, options.csv);
  return { ...start(emissions, options), summary };
}

function start(emissions: Iterable<Emission>, options: SimulationOptions): Simulation {
  const { mqtt, rate, seconds, onAcknowledged } = options;
  return simulate({
    emissions,
    device: options.device ?? mqtt.username,
    format: options.format ?? 'json',
    pace: {
      speed: options.speed ?? 1,
      ...(rate === undefined ? {} : { rate }),
      ...(seconds === undefined ? {} : { seconds }),
    },
    faults: options.faults ?? {},
    seed: options.seed ?? 1,
    link: connectMqtt(mqtt),
    clock: SYSTEM_CLOCK,
    patienceMs: options.patienceMs ?? 10_000,
    ...(onAcknowledged === undefined ? {} : { onAcknowledged }),
  });
}

const SYSTEM_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
