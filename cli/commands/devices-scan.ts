// vitalseal agent devices scan: what is around, how strong, what it is, and whose. Live on a terminal, once elsewhere.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ListedSighting } from '@vitalseal/agent';
import { type Command, InvalidArgumentError } from 'commander';
import { type Io, tableLines } from '../io.ts';
import { counted, quote } from '../wording.ts';
import { bus, type Common, load, sub, typed } from './agent-folder.ts';

interface ScanOptions extends Common {
  seconds?: number;
}

const LOOK_MS = 500;
/** Without a terminal nobody presses Ctrl-C: long enough for a device that advertises each few seconds. */
const SECONDS = 10;
/** Lines of a live table: it must fit the window that it is redrawn in. */
const MOST_LIVE = 18;
/** Letters of a name where there is less room. */
const NAME = 20;
const UP = (lines: number) => `\u001b[${lines}F`;
const CLEAR_TO_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export function scan(io: Io): Command {
  return sub('scan', 'Shows the Bluetooth devices around; with or without a running agent. Connects to none.')
    .option(
      '--seconds <n>',
      `stop after this many seconds; else at Ctrl-C, or after ${SECONDS} without a terminal`,
      positive,
    )
    .action(async (given: ScanOptions) => {
      const live = io.interactive && !given.json;
      const { signal } = io;
      const seconds = given.seconds ?? (live ? Number.POSITIVE_INFINITY : SECONDS);
      const desk = await (await load()).openBluetooth(resolve(given.data), bus());
      try {
        const show = liveTable(io, given);
        const end = performance.now() + seconds * 1000;
        let heard: readonly ListedSighting[] = [];
        do {
          heard = inReach((await desk.scan()).sightings);
          if (live) show(heard);
          const left = Math.max(0, end - performance.now());
          await pause(Math.min(LOOK_MS, left), undefined, { signal }).catch(() => {});
        } while (!signal.aborted && performance.now() < end);
        if (given.json) return io.json({ sightings: heard });
        if (!live) io.table(rowsOf(heard, given), COLUMNS);
        if (heard.length === 0)
          io.printError('nothing was heard: is the device on, near, and not connected elsewhere?');
      } finally {
        await desk.close();
      }
    });
}

/** What the host only remembers is not around, unless it is linked: then it does not advertise. */
const inReach = (all: readonly ListedSighting[]) => all.filter(({ rssi, connected }) => rssi !== null || connected);

type Folder = Pick<Common, 'data'>;

const COLUMNS = ['signal', 'address', 'name', 'what', 'ours, or what adds it'] as const;

function rowsOf(heard: readonly ListedSighting[], folder: Folder) {
  return heard.map((one) => ({
    signal: signalOf(one.connected ? null : one.rssi),
    address: one.address,
    name: one.name ?? '',
    what: one.what ?? '',
    'ours, or what adds it': one.device ?? adding(one, folder),
  }));
}

const BARS = ['▂', '▄', '▆', '█'];
/** dBm from which on there is a bar more: each about four times as strong as the last. */
const STEPS = [-200, -85, -70, -55];

const barsOf = (rssi: number | null) => STEPS.filter((step) => rssi !== null && rssi >= step).length;

export function signalOf(rssi: number | null): string {
  if (rssi === null) return 'linked';
  const bars = BARS.map((bar, i) => (i < barsOf(rssi) ? bar : ' ')).join('');
  return `${String(rssi).padStart(4)} dBm ${bars}`;
}

/** The command that adds it: by its address, or by its name when the address will be another one soon. */
export function adding({ address, addressType, name }: ListedSighting, folder: Folder): string {
  const rotates = addressType === 'random' && (Number.parseInt(address.slice(0, 2), 16) & 0xc0) !== 0xc0;
  if (!rotates) return typed(`devices add NAME --ble ${address}`, folder);
  // A name that needs more than quotes is not put into anybody's shell.
  if (name !== null && /^[\p{L}\p{N} ._+:()#-]+$/u.test(name))
    return typed(`devices add NAME --ble-name ${quote(name)}`, folder);
  return 'changes its address, and says no name';
}

/** Without the commands, each of which needs a line of its own. */
function narrow(shown: readonly ListedSighting[], folder: Folder): string[] {
  const rows = rowsOf(shown, folder).map((row, i) => ({
    ...row,
    ours: shown[i]?.device ?? '',
    name: row.name.slice(0, NAME),
  }));
  // What it is may be cut off, whose it is may not.
  return tableLines(rows, ['signal', 'address', 'ours', 'name', 'what']);
}

/** The command for the strongest that is not ours. */
function hint(shown: readonly ListedSighting[], folder: Folder): string[] {
  const stranger = shown.find(({ device, what }) => device === null && what !== null);
  return stranger === undefined ? [] : [adding(stranger, folder)];
}

export function liveTable(io: Io, folder: Folder): (heard: readonly ListedSighting[]) => void {
  let drawn = 0;
  return (heard) => {
    // By bars, not by dBm: rows that change places twice a second cannot be read.
    const steady = heard.toSorted((a, b) => barsOf(b.rssi) - barsOf(a.rssi) || (a.address < b.address ? -1 : 1));
    const shown = steady.slice(0, MOST_LIVE);
    const more = heard.length - shown.length;
    const wide = tableLines(rowsOf(shown, folder), COLUMNS);
    const isWide = wide.every((line) => line.length < io.width);
    const cut = (line: string) => [...line].slice(0, io.width - 1).join('');
    const lines = [
      ...(isWide ? wide : narrow(shown, folder).map(cut)),
      // Never cut off: whoever copies it gets all of it, on two rows of the window if need be.
      ...(isWide ? [] : hint(shown, folder)),
      cut(`${counted(heard.length, 'device')}${more > 0 ? `, the ${more} weakest not shown` : ''}; Ctrl-C ends`),
    ];
    const text = lines.map((line) => `${line}${CLEAR_TO_END}\n`).join('');
    io.write((drawn > 0 ? UP(drawn) : '') + text + CLEAR_BELOW);
    drawn = lines.reduce((rows, line) => rows + Math.max(1, Math.ceil([...line].length / io.width)), 0);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('expected a number of seconds above 0');
}
