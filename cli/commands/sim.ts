// `vitalseal sim`: simulated equipment and replayed recordings against any gateway's broker, with faults on request.
import { readFileSync } from 'node:fs';
import type { Counters, FaultRates, Kind, Simulation, SimulationOptions, Trouble } from '@vitalseal/firmware-sim';
import {
  FAULTS,
  FORMATS,
  isKind,
  KINDS,
  LinkRefused,
  parseFault,
  RecordingInvalid,
  startReplay,
  startSimulation,
} from '@vitalseal/firmware-sim';
import { VitalsealError } from '@vitalseal/ledger';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../io.ts';
import { counted } from '../wording.ts';
import { simBleCommand } from './sim-ble.ts';

interface SimFlags {
  mqtt: { host: string; port: number };
  username: string;
  password: string;
  device?: string;
  clientId?: string;
  mqttVersion: '4' | '5';
  ca?: string;
  seed: string;
  seconds?: number;
  patience: number;
  format: (typeof FORMATS)[number];
  fault?: FaultRates;
  rate?: number;
  speed?: number;
  json?: boolean;
}

interface ReplayFlags extends SimFlags {
  hertz?: number;
  timeUnit: 's' | 'ms';
  column?: Record<string, { code: string; unit: string }>;
}

export function simCommand(io: Io): Command {
  return new Command('sim')
    .description('Simulates wearables and equipment over MQTT and Bluetooth, and replays recordings.')
    .addCommand(runCommand(io))
    .addCommand(replayCommand(io))
    .addCommand(simBleCommand(io));
}

function runCommand(io: Io): Command {
  const names = Object.keys(KINDS).join(', ');
  return withSimOptions(new Command('run'))
    .description(`Simulates equipment of one or more kinds: ${names}.`)
    .argument('<kind...>', `what to simulate: ${names}`, (kind: string, before: Kind[] | undefined) => {
      if (!isKind(kind)) throw new InvalidArgumentError(`It is one of ${names}.`);
      return [...(before ?? []), kind];
    })
    .action((kinds: Kind[], flags: SimFlags) =>
      finish(io, flags, (tell) => startSimulation({ ...optionsOf(flags, tell), kinds }), kinds.join(', ')),
    );
}

function replayCommand(io: Io): Command {
  return withSimOptions(new Command('replay'))
    .description('Sends a recording as if its device were here: a WFDB record (formats 16, 80, 212) or a table.')
    .argument('<file>', 'NAME.hea with its signals beside it, or a table: .csv, .tsv, .txt')
    .option('--hertz <n>', 'samples a second of a CSV file without times', positive)
    .addOption(new Option('--time-unit <unit>', 'of numbers in a time column').choices(['s', 'ms']).default('s'))
    .option('--column <title=code:unit>', 'what a column of a CSV file measures; may be repeated', columnOf)
    .action((file: string, flags: ReplayFlags) => {
      const { hertz, timeUnit, column } = flags;
      const csv = { timeUnit, ...(hertz === undefined ? {} : { hertz }), ...(column ? { columns: column } : {}) };
      return finish(io, flags, (tell) => startReplay({ ...optionsOf(flags, tell), file, csv }), 'the recording');
    });
}

function withSimOptions(command: Command): Command {
  return command
    .requiredOption('--mqtt <host:port>', 'the broker', hostPort)
    .requiredOption('--username <name>', 'user name; also the name of the device in the topic')
    .requiredOption('--password <text>', 'its password')
    .option('--device <name>', 'name of the device in the topic, when it is not the user name')
    .option('--client-id <id>', 'MQTT client id')
    .addOption(new Option('--mqtt-version <n>', '4 is MQTT 3.1.1').choices(['4', '5']).default('4'))
    .option('--ca <file>', 'PEM file of the certificate authority; with it, the connection is TLS')
    .option('--seed <text>', 'the same seed gives the same readings and faults', '1')
    .option('--seconds <n>', 'stop after so many seconds; else at the end, or on Ctrl-C', seconds)
    .option('--patience <seconds>', 'how long to wait for the last acknowledgements', seconds, 10)
    .addOption(new Option('--format <format>', 'payload format').choices(FORMATS).default('json'))
    .option('--fault <kind=probability>', `${Object.keys(FAULTS).join(', ')}; may be repeated`, faultOf)
    .option('--rate <n>', "messages a second, in place of the devices' own rhythm", positive)
    .option('--speed <n>', 'how many times as fast as real devices', positive)
    .option('--json', 'print the counts as one JSON object');
}

function optionsOf(flags: SimFlags, onTrouble: Tell): SimulationOptions {
  const { mqtt, username, password, device, clientId, ca, seconds, patience, rate, speed, fault } = flags;
  return {
    mqtt: {
      ...mqtt,
      username,
      password,
      onTrouble,
      version: flags.mqttVersion === '5' ? 5 : 4,
      ...(clientId === undefined ? {} : { clientId }),
      ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    },
    seed: flags.seed,
    patienceMs: patience * 1000,
    format: flags.format,
    ...(device === undefined ? {} : { device }),
    ...(fault === undefined ? {} : { faults: fault }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(rate === undefined ? {} : { rate }),
    ...(speed === undefined ? {} : { speed }),
  };
}

/** Runs to the end or to Ctrl-C, then prints what was sent and what the broker acknowledged, and throws what was in its way. */
async function finish(io: Io, flags: SimFlags, start: (onTrouble: Tell) => Simulation, what: string): Promise<void> {
  const { json } = flags;
  const told = new Set<Trouble['kind']>();
  const how = flags.seconds === undefined ? 'until Ctrl-C' : 'until the seconds are over';
  const tell = (trouble: Trouble) => {
    if (told.has(trouble.kind)) return;
    told.add(trouble.kind);
    io.printError(`${errorOf(trouble, flags).message}; trying again ${how}`);
  };
  let simulation: Simulation;
  try {
    simulation = start(tell);
  } catch (error) {
    if (error instanceof RecordingInvalid) throw new VitalsealError('recording_invalid', error.message);
    throw error;
  }
  const stop = () => void simulation.stop();
  io.signal.addEventListener('abort', stop, { once: true });
  if (io.signal.aborted) stop();
  if (io.interactive && !json) io.printError(`sending ${what}; Ctrl-C stops`);
  const trouble = await simulation.done.then(
    () => simulation.trouble(),
    (error: unknown): Trouble => {
      if (error instanceof LinkRefused) return { kind: 'login', reason: error.message };
      throw error;
    },
  );
  // Whoever stops it knows that something is left over.
  const error = trouble === null || (io.signal.aborted && trouble.kind !== 'login') ? null : errorOf(trouble, flags);
  const counts = simulation.counters();
  if (json) io.json(error === null ? counts : { ...counts, error: { code: error.code, message: error.message } });
  else io.print(sentence(counts));
  if (error !== null) throw error;
}

type Tell = (trouble: Trouble) => void;

/** In words: what is in the way, and what may be wrong. */
function errorOf(trouble: Trouble, { mqtt, device, username }: SimFlags): VitalsealError {
  const hint =
    device !== undefined && device !== username
      ? ': --device is not the user name, and a device publishes under its own name alone'
      : '';
  switch (trouble.kind) {
    case 'unreachable': {
      const place = mqtt.host.includes(':') ? `[${mqtt.host}]:${mqtt.port}` : `${mqtt.host}:${mqtt.port}`;
      return new VitalsealError('broker_unavailable', `the broker at ${place} cannot be reached (${trouble.reason})`);
    }
    case 'login':
      return new VitalsealError('client_refused', `the broker refuses the login (${trouble.reason})`);
    case 'closed': {
      const said = trouble.reason === null ? '' : ` (${trouble.reason})`;
      const cause = hint || '; it may refuse the topic, or another client has the same client id';
      const what = 'the broker closes the connection again and again without an acknowledgement';
      return new VitalsealError('topic_denied', `${what}${said}${cause}`);
    }
    case 'refused':
      return new VitalsealError('topic_denied', `the broker refuses every message (${trouble.reason})${hint}`);
    case 'silent':
      return new VitalsealError('timed_out', 'the broker has not acknowledged every message');
  }
}

function sentence({ sent, acknowledged, readings, acknowledgedReadings, refused }: Counters): string {
  const lost = refused > 0 ? `, ${refused} refused` : '';
  return (
    `${counted(sent, 'message')} with ${counted(readings, 'reading')} sent; ` +
    `${acknowledged} with ${acknowledgedReadings} acknowledged${lost}`
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

/** More than a timer holds would end at once. */
const MOST_SECONDS = 2_000_000;

function seconds(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= MOST_SECONDS) return value;
  throw new InvalidArgumentError('It is a number of seconds above 0 and at most 2,000,000.');
}

function hostPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535) throw new InvalidArgumentError('It is HOST:PORT.');
  return { host: (match[1] ?? match[2]) as string, port };
}

function faultOf(text: string, before: FaultRates | undefined): FaultRates {
  const fault = parseFault(text);
  if (!fault) throw new InvalidArgumentError('It is KIND=PROBABILITY, the probability between 0 and 1.');
  return { ...before, ...fault };
}

function columnOf(text: string, before: ReplayFlags['column']): ReplayFlags['column'] {
  const match = /^(.+)=([^=:]+):(.+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('It is TITLE=CODE:UNIT.');
  return { ...before, [match[1] as string]: { code: match[2] as string, unit: match[3] as string } };
}
