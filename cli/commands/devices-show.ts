// vitalseal agent devices show: how one device stands, in words; and what is the matter, with what a person does about it.
import { resolve } from 'node:path';
import type { NewBleDevice, ShownDevice } from '@vitalseal/agent';
import type { Command } from 'commander';
import type { Cell, Io } from '../io.ts';
import { ago, lasting } from '../wording.ts';
import { type Common, load, sub } from './agent-folder.ts';

type ShownBle = Extract<ShownDevice, { kind: 'ble' }>;
type Clock = ShownBle['status']['clock'];
type Row = readonly [string, Cell];

export function show(io: Io): Command {
  return sub('show', 'Shows one device: how it comes in, how it stands. Never a reading, never a password.')
    .argument('<name>')
    .action(async (name: string, given: Common) => {
      const { showDevice } = await load();
      const shown = await showDevice(resolve(given.data), name);
      if (given.json) return io.json(shown);
      const how = shown.kind === 'mqtt' ? mqttRows(shown) : await bleRows(shown, given);
      rows(io, [['device', shown.device], ['owner', shown.owner], ...how]);
    });
}

/** What is known; the rest is left out. */
export function rows(io: Io, all: readonly Row[]): void {
  io.table(all.filter(([, is]) => is !== null).map(([what, is]) => ({ what, is: String(is) })));
}

export function ruleRows({ address, name, service }: NewBleDevice['match']): Row[] {
  const all: Row[] = [
    ['address', address],
    ['advertised name', name],
    ['service', service],
  ];
  return all.filter(([, is]) => is !== null);
}

function mqttRows({ username, topics }: Extract<ShownDevice, { kind: 'mqtt' }>): Row[] {
  return [
    ['kind', 'MQTT'],
    ['username', username],
    ['topic for JSON', topics.json],
    ['topic for SenML JSON', topics.senml],
    ['topic for SenML CBOR', topics['senml-cbor']],
  ];
}

async function bleRows({ match, setClock, running, radio, status: now }: ShownBle, given: Common): Promise<Row[]> {
  const { radioWords } = await load();
  const { deviceTrouble, stateWords } = await import('../standing.ts');
  const wasHeard = now.lastSeenMs !== null;
  const isIdle = now.state === 'unseen' && !wasHeard;
  const unheard = running ? 'not heard since the agent started' : 'no agent runs: nobody listens for it';
  const head: Row[] = [
    ['kind', 'Bluetooth'],
    ...ruleRows(match),
    ['heard at', wasHeard ? now.address : null],
    ['state', isIdle && now.problem === null ? unheard : stateWords(now)],
    ['radio', radio === null ? null : radioWords(radio)],
    ['problem', radio === null ? deviceTrouble(now, given) || null : null],
  ];
  const clock: Row = ['clock', clockWords(now.clock, setClock)];
  // Of a device that nobody listened for even its bond is not known here.
  if (isIdle) return [...head, clock];
  return [
    ...head,
    ['signal', now.rssi === null ? null : `${now.rssi} dBm`],
    ['paired', now.paired ? 'yes' : 'no'],
    ['last advertised', now.lastSeenMs === null ? 'never' : ago(Date.now() - now.lastSeenMs)],
    ['last reading', now.lastReadingMs === null ? 'never' : ago(Date.now() - now.lastReadingMs)],
    ['connections', now.connections],
    ['readings', now.readings],
    ['quarantined', now.quarantined],
    ['throttled', now.throttled],
    clock,
    ['battery', now.battery === null ? null : `${now.battery} %`],
    ['made by', now.manufacturer],
    ['model', now.model],
    ['firmware', now.firmware],
  ];
}

const LEFT_ALONE = {
  'time-zone': 'left alone: a whole time zone, by all appearance',
  'not-allowed': 'not set: it was added without --set-clock',
  'gateway-unsynchronised': "not set: this gateway's own clock is not synchronised (timedatectl)",
  'not-settable': 'not set: the device has no way to set it',
  'not-taken': 'it did not take the time that it was given: tried again when it connects anew',
  due: 'to be set as soon as a link lasts',
} as const;

/** How far a device's clock is from the gateway's, and what is done about it. */
export function clockWords(clock: Clock, setClock: boolean): string {
  if (clock === 'none') return 'none';
  const intent = setClock ? '; set when it is wrong' : '';
  if (clock === null) return `not read yet${intent}`;
  return clock.setting === 'right'
    ? `${offsetWords(clock)}${intent}`
    : `${offsetWords(clock)}; ${LEFT_ALONE[clock.setting]}`;
}

function offsetWords({ offsetMs, uncertaintyMs, fault }: Exclude<Clock, 'none' | null>): string {
  if (fault && offsetMs === 0) return 'shows no date';
  if (Math.abs(offsetMs) < Math.max(1000, uncertaintyMs)) return 'right';
  const off = `${lasting(Math.round(Math.abs(offsetMs) / 1000))} ${offsetMs > 0 ? 'ahead' : 'behind'}`;
  return fault ? `${off}, which cannot be` : off;
}
