// What the commands of the agent share: its data folder, its package, loaded only when one of them runs, and the bus.
import { Command } from 'commander';

export interface Common {
  data: string;
  json?: boolean;
}

export const DATA = '.vitalseal/agent';

export const load = () => import('@vitalseal/agent');

/** Where D-Bus programs are told to look for the system's bus; the configuration's word stands above it. */
export const bus = () => ({ busAddress: process.env.DBUS_SYSTEM_BUS_ADDRESS || undefined });

export function sub(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--data <dir>', "the agent's data folder", DATA)
    .option('--json', 'print one JSON object as the last line');
}
