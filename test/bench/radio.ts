// What Bluetooth costs: 50 straps with 20 notifications a second, and reconnects, over a fake BlueZ in a process of its own; node-ble
// does the same in the same run, as the peer.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FakeBluezProcess, startFakeBluezProcess, startPrivateBus } from '@vitalseal/firmware-sim';
import { inTemporaryFolder } from '../site/folder.ts';
import { until } from '../site/until.ts';
import { strapAddress } from './radio-address.ts';
import { startRadioGateway } from './radio-gateway.ts';

const STRAPS = 50;
const PER_SECOND = 20;

export interface RadioLoad {
  readonly valuesPerSecond: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssMb: number;
}

const run = promisify(execFile);

async function measured<T>(program: string, busAddress: string, args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: busAddress };
  const { stdout } = await run(process.execPath, [path, ...args], { env, timeout: 300_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** A fresh bus and fresh straps for each measurement, so that nothing of the one before is left. */
function withStraps<T>(
  count: number,
  rate: number,
  work: (busAddress: string, bluez: FakeBluezProcess) => Promise<T>,
): Promise<T> {
  return inTemporaryFolder(async (dir) => {
    const bus = await startPrivateBus(dir);
    try {
      const peripherals = Array.from({ length: count }, (_, i) => {
        return { kind: 'heart-rate' as const, address: strapAddress(i), name: `Strap ${i}`, rate };
      });
      const limits = { slots: 64, resolveMs: 500 };
      const bluez = await startFakeBluezProcess({ busAddress: bus.address, peripherals, limits });
      try {
        return await work(bus.address, bluez);
      } finally {
        await bluez.kill();
      }
    } finally {
      await bus.stop();
    }
  });
}

/** From a lost link, and from the first advertisement after silence, to the next reading at the sink: medians, ms. */
function measureLatency(times: number): Promise<{ reconnectMs: number; firstReadingMs: number }> {
  return withStraps(1, 50, async (busAddress, bluez) => {
    let readings = 0;
    const gateway = await startRadioGateway(busAddress, 1, () => readings++);
    const next = async (what: string) => {
      const had = readings;
      await until(what, () => readings > had);
    };
    const median = (took: number[]) => took.sort((a, b) => a - b)[took.length >> 1] ?? Number.NaN;
    const address = strapAddress(0);
    const [reconnects, firsts]: [number[], number[]] = [[], []];
    try {
      await next('the first reading');
      for (let n = 0; n < times; n++) {
        await bluez.call('drop', address);
        const start = performance.now();
        await next('a reading after the drop');
        reconnects.push(performance.now() - start);
      }
      for (let n = 0; n < times; n++) {
        await bluez.call('vanish', address);
        await new Promise((resolve) => setTimeout(resolve, 300));
        await bluez.call('appear', address);
        const start = performance.now();
        await next('a reading after the silence');
        firsts.push(performance.now() - start);
      }
      return { reconnectMs: median(reconnects), firstReadingMs: median(firsts) };
    } finally {
      await gateway.stop();
    }
  });
}

/** `seconds` under load, and `reconnects` of node-ble; ours are counted by the test of 500 reconnects. */
export async function measureRadio(seconds: number, reconnects: number) {
  const count = String(STRAPS);
  const ours = await withStraps(STRAPS, PER_SECOND, (bus) =>
    measured<RadioLoad>('radio-central.ts', bus, [bus, count, String(seconds)]),
  );
  const nodeBle = await withStraps(STRAPS, PER_SECOND, (bus) =>
    measured<RadioLoad>('radio-node-ble.ts', bus, ['load', bus, count, String(seconds)]),
  );
  const peer = await withStraps(1, 200, (bus) =>
    measured<{ heapKbEach: number }>('radio-node-ble.ts', bus, ['reconnects', bus, String(reconnects)]),
  );
  const latency = await measureLatency(15);
  return { straps: STRAPS, perSecond: PER_SECOND, ours, nodeBle, nodeBleHeapKbAReconnect: peer.heapKbEach, ...latency };
}
