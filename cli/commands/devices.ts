// vitalseal agent devices …: which devices may come in, over MQTT with a password or over Bluetooth by what they are.
import { resolve } from 'node:path';
import type { AskedBle, NewBleDevice } from '@vitalseal/agent';
import { VitalsealError } from '@vitalseal/ledger';
import { Command } from 'commander';
import type { Io } from '../io.ts';
import { type Common, load, sub, typed } from './agent-folder.ts';
import { pair } from './devices-pair.ts';
import { scan } from './devices-scan.ts';
import { rows, ruleRows, show } from './devices-show.ts';

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
    if (listed.devices.length === 0)
      return io.printError(`no devices yet: ${typed('devices add NAME', given)} makes one`);
    const { deviceTrouble, stateWords, wantsPairing } = await import('../standing.ts');
    io.table(
      listed.devices.map(({ state, problem, ...row }) => ({
        ...row,
        state: state === null ? null : stateWords({ state, problem }),
      })),
      ['device', 'kind', 'address', 'state', 'owner'],
    );
    for (const row of listed.devices.filter(wantsPairing)) io.printError(`${row.device}: ${deviceTrouble(row, given)}`);
  });
}

function remove(io: Io): Command {
  return sub(
    'remove',
    'Removes a device: it can no longer connect; its readings stay. Its Bluetooth bond goes when an agent runs.',
  )
    .argument('<name>')
    .action(async (name: string, given: Common) => {
      const removed = await (await load()).removeDevice(resolve(given.data), name);
      if (given.json) return io.json(removed);
      io.print(`removed ${removed.device}`);
      if (removed.bondLeft !== null)
        io.printError(
          `warning: where it was paired, BlueZ knows it still: bluetoothctl remove ${removed.bondLeft} makes it forget`,
        );
    });
}
