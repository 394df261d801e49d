// `vitalseal sim ble`: a simulated Bluetooth device, on a real adapter for a gateway to find over the air, or one or more behind
// a fake BlueZ where there is no Bluetooth.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BLE_KINDS,
  type BleKind,
  createPeripheral,
  type FakeDeviceSpec,
  type GattServer,
  startFakeBluez,
  startGattServer,
  startPrivateBus,
} from '@vitalseal/firmware-sim';
import { VitalsealError } from '@vitalseal/ledger';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../io.ts';
import { counted } from '../wording.ts';

interface BleFlags {
  adapter: string;
  bus?: string;
  fake?: boolean;
  address: string;
  name?: string;
  seed?: string;
  records?: number;
  clockError?: number;
  rate?: number;
  bad?: number;
  pairing?: Pairing;
  seconds?: number;
  json?: boolean;
}

const PAIRINGS = ['just-works', 'numeric-comparison', 'passkey-entry'] as const;
type Pairing = (typeof PAIRINGS)[number];

interface Device {
  readonly kind: BleKind;
  readonly address: string;
  sent(): GattServer['sent'];
}

/** What runs until it is stopped. */
interface Running {
  readonly where: string;
  readonly bus: string;
  readonly devices: readonly Device[];
  /** Resolves when nothing can reach it any more. */
  readonly lost?: Promise<void>;
  stop(): Promise<void>;
}

/** What keeps its measurements, for a gateway to fetch when it comes. */
const STORING: readonly BleKind[] = ['glucose-ble', 'cgm', 'oximeter', 'health-sensor'];
/** What the device of --fake shows while it is paired. */
const FAKE_DIGITS = 123_456;
const FIRST = 'C0:FF:EE:00:00:01';
const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

export function simBleCommand(io: Io): Command {
  const kinds = Object.keys(BLE_KINDS);
  return new Command('ble')
    .description(`Simulates a Bluetooth device: ${kinds.join(', ')}.`)
    .addArgument(new Argument('<kind...>', 'what to simulate; several with --fake').choices(kinds))
    .option('--adapter <hciN>', 'the adapter that becomes the device; of --fake: its name', adapterOf, 'hci0')
    .option('--bus <address>', 'D-Bus address where bluetoothd is, or where --fake shall be (default: the system bus)')
    .option('--fake', 'no radio: a fake BlueZ, on a bus of its own where --bus names none')
    .option('--address <address>', 'with --fake: of the first device; each further one has the next', addressOf, FIRST)
    .option('--name <text>', 'the name that it advertises')
    .option('--seed <text>', 'the same seed gives the same measurements')
    .option(
      '--records <n>',
      `of ${STORING.join(', ')}: how many it has stored at the beginning, dated back`,
      wholeNumber,
    )
    .option('--clock-error <seconds>', 'how far its clock is ahead; behind when negative', finite)
    .option('--rate <n>', 'live packets a second, in place of its own rhythm', positive)
    .option('--bad <share>', 'of its packets (0 to 1) are damaged, as by a faulty device', shareOf)
    .addOption(new Option('--pairing <how>', 'it must be paired before it measures').choices(PAIRINGS))
    .option('--seconds <n>', 'stop after so many seconds; else on Ctrl-C', positive)
    .option('--json', 'print the counts as one JSON object')
    .addHelpText(
      'after',
      '\nA gateway finds the device of --fake when it is told the same bus: DBUS_SYSTEM_BUS_ADDRESS, or bus in agent.toml.' +
        '\nA bus of its own has another address at each start. One that stays: dbus-daemon --session --print-address, and --bus.',
    )
    .action((kinds: BleKind[], flags: BleFlags) => simulate(io, kinds, flags));
}

async function simulate(io: Io, kinds: readonly BleKind[], flags: BleFlags): Promise<void> {
  if (flags.records !== undefined && !kinds.some((kind) => STORING.includes(kind)))
    throw new VitalsealError('usage', `--records: ${kinds.join(', ')} stores nothing; ${STORING.join(', ')} do`);
  const started = flags.fake ? behindFake(kinds, flags) : onAdapter(io, kinds, flags);
  const running = await started.catch((error: unknown) => {
    if (error instanceof VitalsealError) throw error;
    const without = flags.fake ? '' : '; --fake does without Bluetooth';
    throw new VitalsealError('radio_unavailable', `${wordsOf(error)}${without}`);
  });
  const { signal } = io;
  try {
    const devices = running.devices.map(({ kind, address }) => `${kind} at ${address}`).join(', ');
    io.printError(`${devices} on ${running.where}${io.interactive ? '; Ctrl-C stops' : ''}`);
    if (flags.fake && flags.pairing !== undefined && flags.pairing !== 'just-works')
      io.printError(`pairing it, the device shows ${FAKE_DIGITS}`);
    if (flags.fake) io.printError(`a gateway finds it with DBUS_SYSTEM_BUS_ADDRESS='${running.bus}'`);
    await new Promise<void>((resolve, reject) => {
      void running.lost?.then(() => reject(new VitalsealError('radio_unavailable', 'the bus is gone')));
      const timer = flags.seconds === undefined ? undefined : setTimeout(resolve, flags.seconds * 1000);
      const stop = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  } finally {
    await running.stop();
  }
  printSent(io, running, flags);
}

/** One device as an object of its own, several in a list. Damage is counted where it was asked for. */
function printSent(io: Io, { bus, devices }: Running, { json, bad }: BleFlags): void {
  const several = devices.length > 1;
  const answers = devices.map(({ kind, address, sent }) => {
    const { packets, readings, damaged } = sent();
    return { kind, address, ...(!several && { bus }), packets, readings, ...(bad !== undefined && { damaged }) };
  });
  if (json) {
    io.json(several ? { bus, devices: answers } : answers[0]);
    return;
  }
  for (const { kind, address, packets, readings, damaged } of answers) {
    const faulty = damaged === undefined ? '' : `, ${damaged} of the packets damaged`;
    const which = several ? `${kind} at ${address}: ` : '';
    io.print(`${which}${counted(packets, 'packet')} with ${counted(readings, 'reading')} sent${faulty}`);
  }
}

function specOf(kind: BleKind, address: string, flags: BleFlags): FakeDeviceSpec {
  const { name, seed, records, clockError, rate, bad, pairing } = flags;
  return {
    ...{ kind, address },
    ...(name !== undefined && { name }),
    ...(seed !== undefined && { seed }),
    ...(records !== undefined && { records }),
    ...(clockError !== undefined && { clockErrorMs: clockError * 1000 }),
    ...(rate !== undefined && { rate }),
    ...(bad !== undefined && { bad }),
    ...(pairing !== undefined && {
      ...{ pairing, passkey: FAKE_DIGITS },
      protection: pairing === 'just-works' ? 'encrypted' : 'authenticated',
    }),
  };
}

async function behindFake(kinds: readonly BleKind[], flags: BleFlags): Promise<Running> {
  const own = flags.bus === undefined ? await ownBus() : null;
  const bus = flags.bus ?? (own?.address as string);
  try {
    const peripherals = kinds.map((kind, place) => {
      const spec = specOf(kind, addressBeside(flags.address, place), flags);
      // Two of a kind do not measure the same.
      return place > 0 && spec.seed !== undefined ? { ...spec, seed: `${spec.seed}/${place}` } : spec;
    });
    const { promise: lost, resolve: onLost } = Promise.withResolvers<void>();
    const bluez = await startFakeBluez({ busAddress: bus, adapter: flags.adapter, peripherals, onLost });
    return {
      ...{ bus, lost, where: `a fake BlueZ, bus ${bus}` },
      devices: peripherals.map(({ kind, address }) => ({ kind, address, sent: () => bluez.sent(address) })),
      stop: async () => {
        await bluez.stop();
        await own?.stop();
      },
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function ownBus() {
  const dir = mkdtempSync(join(tmpdir(), 'vitalseal-bus-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const { address, stop } = await startPrivateBus(dir);
    return { address, stop: () => stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function onAdapter(io: Io, kinds: readonly BleKind[], flags: BleFlags): Promise<Running> {
  const [kind, ...more] = kinds as [BleKind];
  if (more.length > 0) {
    const instead = 'several need --fake, or a command for each adapter (--adapter)';
    throw new VitalsealError('usage', `one adapter is one device: ${instead}`);
  }
  const { adapter, bus = process.env.DBUS_SYSTEM_BUS_ADDRESS || SYSTEM_BUS } = flags;
  const server = await startGattServer({
    ...{ busAddress: bus, adapter, peripheral: createPeripheral(specOf(kind, flags.address, flags)) },
    ...(flags.pairing !== undefined && { pairing: wearer(io, flags.pairing) }),
  });
  return {
    ...{ bus, where: adapter },
    devices: [{ kind, address: server.address, sent: () => server.sent }],
    stop: () => server.stop(),
  };
}

/** Who wears the device presses yes, and reads its digits out. */
function wearer(io: Io, pairing: Pairing) {
  const digits = (passkey: number) => String(passkey).padStart(6, '0');
  switch (pairing) {
    case 'just-works':
      return { capability: 'NoInputNoOutput' };
    case 'numeric-comparison':
      return {
        capability: 'DisplayYesNo',
        confirm: (passkey: number) => {
          io.printError(`the device shows ${digits(passkey)}; its wearer presses yes`);
          return true;
        },
      };
    case 'passkey-entry':
      return {
        capability: 'DisplayOnly',
        shown: (passkey: number) => io.printError(`the device shows ${digits(passkey)}`),
      };
  }
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  return text === '' ? 'the bus or its BlueZ does not answer' : text;
}

function adapterOf(text: string): string {
  if (!/^hci\d{1,3}$/.test(text)) throw new InvalidArgumentError('It is named like hci0.');
  return text;
}

function addressOf(text: string): string {
  if (!/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/i.test(text)) throw new InvalidArgumentError('It is like C0:26:DA:01:02:03.');
  return text.toUpperCase();
}

/** `place` further on. */
function addressBeside(first: string, place: number): string {
  const number = (Number.parseInt(first.replaceAll(':', ''), 16) + place) % 2 ** 48;
  return (number.toString(16).padStart(12, '0').toUpperCase().match(/../g) as string[]).join(':');
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is a number.');
  return value;
}

function positive(text: string): number {
  const value = finite(text);
  if (value > 0 && value <= 2_000_000) return value;
  throw new InvalidArgumentError('It is a number above 0 and at most 2,000,000.');
}

function shareOf(text: string): number {
  const value = finite(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It is a share from 0 to 1.');
}

function wholeNumber(text: string): number {
  const value = finite(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_536) return value;
  throw new InvalidArgumentError('It is a whole number up to 65,536.');
}
