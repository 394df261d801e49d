// What the commands of the agent share: its data folder, its package, loaded only when one of them runs, and the bus.
import { Command } from 'commander';
import { quote } from '../wording.ts';

export interface Common {
  data: string;
  json?: boolean;
}

export const DATA = '.vitalseal/agent';

export const load = () => import('@vitalseal/agent');

/** Where D-Bus programs are told to look for the system's bus; the configuration's word stands above it. */
export const bus = () => ({ busAddress: process.env.DBUS_SYSTEM_BUS_ADDRESS || undefined });

/** What a person types next in words of `agent`: it can be pasted, and is for the same folder. */
export function typed(words: string, { data }: Pick<Common, 'data'>): string {
  const folder = /^[\w./:@%+,=-]+$/.test(data) ? data : quote(data);
  return `npx vitalseal agent ${words}${data === DATA ? '' : ` --data ${folder}`}`;
}

export function sub(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--data <dir>', "the agent's data folder", DATA)
    .option('--json', 'print one JSON object as the last line');
}
