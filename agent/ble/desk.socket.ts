// Scanning and pairing for a command: through the agent that runs in the folder, or with the radio in this very process when
// none does. The same commands answer in both cases, so the command need not know.
import { bleRadio } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { type BleChoice, radioChoice } from '../config/options.ts';
import { askControl } from '../control/control.socket.ts';
import { askOrTakeFolder } from '../control/turn.socket.ts';
import { Devices } from '../devices/devices.ts';
import { AgentFiles } from '../folder/files.fs.ts';
import { bleCommands } from './commands.ts';
import { radioWords } from './fault.ts';
import type { PairingLook } from './pairing.ts';
import { radioHost } from './radio-host.ts';
import type { ListedSighting } from './scan.ts';

export interface BluetoothDesk {
  /** Keeps discovery on for a few seconds. Throws `radio_unavailable`. */
  scan(): Promise<{ readonly sightings: readonly ListedSighting[] }>;
  /** `device` is a name or an address that was added. Throws `device_unknown`, `pairing_busy`. */
  pair(device: string): Promise<PairingLook>;
  /** At once when it is not as in look `known`, else within a second or so. */
  look(known: number): Promise<PairingLook>;
  answer(n: number, answer: boolean | string): Promise<void>;
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** Throws `folder_missing`, `folder_locked`, `radio_unavailable`. */
export async function openBluetooth(dir: string, choice: BleChoice = {}): Promise<BluetoothDesk> {
  const files = new AgentFiles(dir);
  const turn = await askOrTakeFolder(files.dir, 'devices-list', {}, () => void files.config());
  if ('answer' in turn) return deskOver((command, asked) => askRunning(files.dir, command, asked));
  const { lock } = turn;
  try {
    const config = files.config();
    if (config.ble.enabled === false) throw new VitalsealError('radio_unavailable', radioWords({ fault: 'disabled' }));
    const devices = new Devices(files.devices(), (rows) => files.saveDevices(rows)).ble;
    const radio = await bleRadio({ ...radioChoice(config, choice), log: () => {} });
    const host = await radioHost({ radio, devices, after });
    const handlers = bleCommands({ host, devices, after });
    return deskOver(
      async (command, asked) => handlers[command]?.(asked),
      async () => {
        await host.stop();
        lock.release();
      },
    );
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Ask = (command: string, asked: Readonly<Record<string, unknown>>) => Promise<unknown>;

function deskOver(ask: Ask, close: () => Promise<void> = async () => {}): BluetoothDesk {
  return {
    scan: async () => (await ask('ble-scan', {})) as { sightings: ListedSighting[] },
    pair: async (device) => (await ask('ble-pair', { device })) as PairingLook,
    look: async (known) => (await ask('ble-pair-look', { known })) as PairingLook,
    answer: async (n, answer) => void (await ask('ble-pair-answer', { n, answer })),
    cancel: async () => void (await ask('ble-pair-cancel', {})),
    close,
  };
}

async function askRunning(dir: string, command: string, asked: object): Promise<unknown> {
  const answer = await askControl(dir, command, asked);
  if (answer === undefined) throw new VitalsealError('closed', 'the agent stopped meanwhile');
  return answer;
}

function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}
