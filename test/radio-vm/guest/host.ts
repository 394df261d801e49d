// The Bluetooth host of the guest: btvirt's virtual controllers and the real bluetoothd over them, which can be killed and
// started again. Stock btvirt carries one link for each central, so each peripheral has a gateway's adapter of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';

export const BUS_ADDRESS = 'unix:path=/run/dbus/system_bus_socket';
/** Two bluetoothds talk over several channels at once, and values overtake each other; wearables have the one. */
const CONFIG = '/tmp/bluetoothd.conf';
/** Where btvirt gives a controller to whoever connects: to a host that is not BlueZ. */
export const CONTROLLERS = '/tmp/bt-server-le';
const BLUETOOTHD_LOG = '/tmp/bluetoothd.log';

/** Two adapters that hear each other. */
export interface Pair {
  /** The gateway's: `hci0`. */
  readonly central: string;
  readonly peripheral: string;
}

export class Host {
  #bluetoothd: ChildProcess;

  /** `pairs`: how many gateways with one peripheral each. */
  constructor(pairs: number) {
    start('btvirt', [`-l${pairs * 2}`, '-L', '-s'], '/tmp/btvirt.log');
    this.#bluetoothd = startBluetoothd();
  }

  pair(n: number): Pair {
    return { central: `hci${n * 2}`, peripheral: `hci${n * 2 + 1}` };
  }

  /** As a crash: no process, and nobody on the bus any more. */
  async killBluetoothd(): Promise<void> {
    const { exitCode, signalCode } = this.#bluetoothd;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`bluetoothd ended by itself: ${exitCode ?? signalCode}`);
    const ended = once(this.#bluetoothd, 'exit');
    this.#bluetoothd.kill('SIGKILL');
    await ended;
  }

  restartBluetoothd(): void {
    this.#bluetoothd = startBluetoothd();
  }

  /** The last that bluetoothd said, for whoever looks into a failure. */
  log(): string {
    return readFileSync(BLUETOOTHD_LOG, 'utf8').split('\n').slice(-40).join('\n');
  }
}

function startBluetoothd(): ChildProcess {
  writeFileSync(CONFIG, '[GATT]\nChannels = 1\n');
  return start('bluetoothd', ['--nodetach', `--configfile=${CONFIG}`], BLUETOOTHD_LOG);
}

function start(program: string, args: string[], log: string): ChildProcess {
  const file = openSync(log, 'a');
  try {
    return spawn(program, args, { stdio: ['ignore', file, file] });
  } finally {
    closeSync(file);
  }
}
