// A fake BlueZ for the tests of a whole site: a D-Bus daemon of its own and simulated devices in the test's process, the
// agent's process on the same bus.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  busProgram,
  type FakeBluez,
  type FakeDeviceSpec,
  startFakeBluez,
  startPrivateBus,
} from '@vitalseal/firmware-sim';

export interface BluetoothBench {
  readonly busAddress: string;
  readonly bluez: FakeBluez;
  stop(): Promise<void>;
}

/** Whether there is a D-Bus daemon. Throws under CI=true when it is missing. */
export function hasBus(): boolean {
  if (busProgram() !== null) return true;
  if (process.env.CI === 'true') throw new Error('dbus-daemon is missing: install dbus');
  console.warn('skipped: dbus-daemon is missing (install dbus)');
  return false;
}

export async function makeBluetooth(peripherals: readonly FakeDeviceSpec[]): Promise<BluetoothBench> {
  // A socket's path must be short.
  const dir = await mkdtemp(join(tmpdir(), 'vs-bus-'));
  const bus = await startPrivateBus(dir);
  const bluez = await startFakeBluez({ busAddress: bus.address, peripherals });
  return {
    busAddress: bus.address,
    bluez,
    async stop() {
      await bluez.stop();
      await bus.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
