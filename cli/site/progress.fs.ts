// How far the set-up of a local site came, so that a start that was interrupted goes on where it stopped, and a later start finds
// its ports and the passwords of its simulated equipment again.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';

export interface Progress {
  facilityPort: number;
  mqttPort: number;
  personCode?: string;
  owner?: string;
  gatewayCode?: string;
  enrolled?: boolean;
  /** Whether the agent knows the Bluetooth wearable. */
  wearable?: boolean;
  /** Password of each simulated device, by its name. */
  passwords: Record<string, string>;
}

/** What stands in `dir/site.json`; null before the first start. Throws `config_invalid` when it cannot be read. */
export function readProgress(dir: string): Progress | null {
  let text: string;
  try {
    text = readFileSync(join(dir, 'site.json'), 'utf8');
  } catch {
    return null;
  }
  try {
    const progress = JSON.parse(text) as Progress;
    if (Number.isInteger(progress.facilityPort) && Number.isInteger(progress.mqttPort)) return progress;
  } catch {
    // Told below, with the file's name.
  }
  throw new VitalsealError('config_invalid', `${join(dir, 'site.json')} is damaged; remove the folder to begin anew`);
}

/** On return the progress survives a power cut. */
export function writeProgress(dir: string, progress: Progress): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'site.json');
  const descriptor = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(progress, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
