// vitalseal agent devices …: which devices may come in, over MQTT with a password or over Bluetooth by what they are.
import { resolve } from 'node:path';
import type { AskedBle, NewBleDevice, ShownDevice } from '@vitalseal/agent';
import { VitalsealError } from '@vitalseal/ledger';
import { Command } from 'commander';
import type { Cell, Io } from '../io.ts';
import { ago } from '../wording.ts';
import { type Common, load, sub } from './agent-folder.ts';
import { pair } from './devices-pair.ts';
import { scan } from './devices-scan.ts';

interface DeviceOptions extends Common {
  owner?: string;
}

const OWNER = 'whose readings it brings: an address, or "none" (then they are held)';

export function devices(io: Io): Command {
  const command = new Command('devices').description('The devices that may connect, and whose readings they bring.');
  for (const make of [add, assign, list, show, scan, pair, remove]) command.addCommand(make(io));
  return command;
}

interface AddOptions extends DeviceOptions {
  ble?: string;
  bleName?: string;
  bleService?: string;
  setClock?: boolean;
}

function add(io: Io): Command {
  return sub('add', 'Adds a device, for MQTT or with --ble for Bluetooth. Also while the agent runs.')
    .argument('<name>', 'its name here: in readings, and for MQTT its user name and part of its topics')
    .option('--owner <address>', `${OWNER}; the enrolled owner where nothing is said`)
    .option('--ble <address>', 'a Bluetooth device with this address, as agent devices scan shows it')
    .option(
      '--ble-name <name>',
      'it advertises exactly this name; alone only where addresses change and nothing is paired',
    )
    .option('--ble-service <uuid>', 'it advertises this service too, such as 180D')
    .option('--set-clock', 'set its clock when it is wrong')
    .addHelpText(
      'after',
      '\nFor MQTT a password is made and shown once. A Bluetooth device has none: pair it where it can be paired.',
    )
    .action(async (name: string, given: AddOptions) => {
      const { addDevice } = await load();
      const dir = resolve(given.data);
      const rule = ruleOf(given);
      if (rule !== null) return showAdded(io, given, await addDevice(dir, name, given.owner, rule));
      const added = await addDevice(dir, name, given.owner);
      if (given.json) return io.json(added);
      const { device, username, password, topics } = added;
      rows(io, [
        ['device', device],
        ['username', username],
        ['password', `${password}   (shown once: note it now)`],
        ['topic for JSON', topics.json],
        ['topic for SenML JSON', topics.senml],
        ['topic for SenML CBOR', topics['senml-cbor']],
      ]);
    });
}

/** Null for MQTT. Throws `usage`. */
function ruleOf({ ble: address, bleName: name, bleService: service, setClock }: AddOptions): AskedBle | null {
  if (address !== undefined || name !== undefined || service !== undefined) return { address, name, service, setClock };
  if (setClock) throw new VitalsealError('usage', '--set-clock is for a Bluetooth device: say --ble ADDRESS too');
  return null;
}

const NAMED_ONLY =
  'Anybody nearby can send this name, and readings with it. Where the device can be paired, pair it and add its address instead.';

function showAdded(io: Io, { json }: AddOptions, added: NewBleDevice): void {
  const warning = added.match.address === null ? NAMED_ONLY : null;
  const { device, match, setClock } = added;
  if (json) io.json({ ...added, warning });
  if (json) return;
  rows(io, [['device', device], ...ruleRows(match), ['clock', setClock ? 'set when it is wrong' : 'read, never set']]);
  if (warning !== null) io.printError(`warning: ${warning}`);
}

function ruleRows({ address, name, service }: NewBleDevice['match']): [string, Cell][] {
  const all: [string, Cell][] = [
    ['address', address],
    ['advertised name', name],
    ['service', service],
  ];
  return all.filter(([, is]) => is !== null);
}

function assign(io: Io): Command {
  return sub(
    'assign',
    'Assigns a device to an owner, from its next reading on. Also while the agent runs, and offline.',
  )
    .argument('<name>')
    .requiredOption('--owner <address>', OWNER)
    .action(async (name: string, given: DeviceOptions) => {
      const assigned = await (await load()).assignDevice(resolve(given.data), name, given.owner);
      if (given.json) return io.json(assigned);
      io.print(`${assigned.device}: ${assigned.owner}`);
    });
}

function list(io: Io): Command {
  return sub('list', 'Lists the devices, and how those of Bluetooth stand.').action(async (given: Common) => {
    const listed = await (await load()).listDevices(resolve(given.data));
    if (given.json) return io.json(listed);
    if (listed.devices.length === 0) return io.printError('no devices yet: agent devices add NAME makes one');
    io.table(
      listed.devices.map((row) => ({ ...row })),
      ['device', 'kind', 'address', 'state', 'owner'],
    );
  });
}

function show(io: Io): Command {
  return sub('show', 'Shows one device: how it comes in, how it stands. Never a reading, never a password.')
    .argument('<name>')
    .action(async (name: string, given: Common) => {
      const { showDevice, radioWords } = await load();
      const shown = await showDevice(resolve(given.data), name);
      if (given.json) return io.json(shown);
      const radio = shown.kind === 'ble' && shown.radio ? radioWords(shown.radio) : null;
      rows(io, [['device', shown.device], ['owner', shown.owner], ...shownRows(shown, radio)]);
    });
}

/** `radio`: what is amiss with it. */
function shownRows(shown: ShownDevice, radio: string | null): [string, Cell][] {
  if (shown.kind === 'mqtt') {
    const { username, topics } = shown;
    return [
      ['kind', 'MQTT'],
      ['username', username],
      ['topic for JSON', topics.json],
      ['topic for SenML JSON', topics.senml],
      ['topic for SenML CBOR', topics['senml-cbor']],
    ];
  }
  const { status: now, match, setClock } = shown;
  const clock =
    now.clock === null
      ? 'not read yet'
      : `${now.clock.offsetMs} ms off, give or take ${now.clock.uncertaintyMs} ms${now.clock.fault ? ': faulty' : ''}`;
  // Of a device that nobody listened for even its bond is not known here.
  if (now.state === 'unseen' && now.lastSeenMs === null)
    return [
      ...[['kind', 'Bluetooth'] as [string, Cell], ...ruleRows(match)],
      [
        'state',
        now.problem === null ? 'not heard since the agent started, or no agent runs' : `unseen (${now.problem})`,
      ],
      ['radio', radio],
      ['clock', setClock ? 'not read yet; set when it is wrong' : 'not read yet'],
    ];
  return [
    ['kind', 'Bluetooth'],
    ...ruleRows(match),
    ['heard at', now.address],
    ['state', now.problem === null ? now.state : `${now.state} (${now.problem})`],
    ['radio', radio],
    ['signal', now.rssi === null ? null : `${now.rssi} dBm`],
    ['paired', now.paired ? 'yes' : 'no'],
    ['last heard', now.lastSeenMs === null ? 'never' : ago(Date.now() - now.lastSeenMs)],
    ['last reading', now.lastReadingMs === null ? 'never' : ago(Date.now() - now.lastReadingMs)],
    ['connections', now.connections],
    ['readings', now.readings],
    ['quarantined', now.quarantined],
    ['throttled', now.throttled],
    ['clock', setClock ? `${clock}; set when it is wrong` : clock],
    ['battery', now.battery === null ? null : `${now.battery} %`],
    ['made by', now.manufacturer],
    ['model', now.model],
    ['firmware', now.firmware],
  ];
}

function remove(io: Io): Command {
  return sub('remove', 'Removes a device: it can no longer connect, and a Bluetooth bond goes; its readings stay.')
    .argument('<name>')
    .action(async (name: string, given: Common) => {
      const removed = await (await load()).removeDevice(resolve(given.data), name);
      if (given.json) return io.json(removed);
      io.print(`removed ${removed.device}`);
    });
}

/** What is known; the rest is left out. */
function rows(io: Io, all: readonly (readonly [string, Cell])[]): void {
  io.table(all.filter(([, is]) => is !== null).map(([what, is]) => ({ what, is: String(is) })));
}
