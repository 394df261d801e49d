// A radio over BlueZ, a fake BlueZ that does what a test wants, and a bus of their own with the limits of a real one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  busProgram,
  type FakeBluez,
  type FakeBluezOptions,
  type PrivateBus,
  startFakeBluez,
  startPrivateBus,
} from '@vitalseal/firmware-sim';
import type { Radio, RadioEvent, Sighting } from '@vitalseal/gateway';
import { type BluezRadioOptions, bluezRadio } from '../../gateway/ble/bluez/radio.bluez.ts';
import { until } from '../site/until.ts';

export const STRAP = 'C0:26:DA:00:00:01';
/** Heart Rate Measurement. */
export const HEART_RATE = '2A37';

/** Whether this machine has a D-Bus daemon. Throws under CI=true when it has none. */
export function busIsThere(): boolean {
  if (busProgram() !== null) return true;
  if (process.env.CI === 'true') throw new Error('dbus-daemon is missing: install dbus');
  console.warn('skipped: dbus-daemon is missing (install dbus)');
  return false;
}

/** Short enough that a test of a fault is quick, long enough for two busy cores. */
const QUICK = {
  connectMs: 1500,
  resolveMs: 600,
  gattMs: 500,
  unansweredMs: 100,
  callMs: 800,
  pairMs: 1200,
  heartbeatMs: 100,
};
const QUICK_RETRIES = { retryMinMs: 30, retryMaxMs: 200, stallMs: 60_000, offMs: 20 };

export class RadioSite {
  readonly dir = mkdtempSync(join(tmpdir(), 'vs-radio-'));
  readonly events: RadioEvent[] = [];
  readonly logged: string[] = [];
  #daemon: PrivateBus | null = null;
  #bluez: FakeBluez | null = null;
  #radio: Radio | null = null;

  /** Starts bus and fake BlueZ; and the radio, unless `radio` is null. */
  static async start(bluez: Partial<FakeBluezOptions> | null = {}, radio: Partial<BluezRadioOptions> | null = {}) {
    const site = new RadioSite();
    await site.startBus();
    if (bluez !== null) await site.startBluez(bluez);
    if (radio !== null) await site.startRadio(radio);
    return site;
  }

  get bluez(): FakeBluez {
    if (this.#bluez === null) throw new Error('there is no BlueZ yet');
    return this.#bluez;
  }

  get radio(): Radio {
    if (this.#radio === null) throw new Error('there is no radio yet');
    return this.#radio;
  }

  get daemon(): PrivateBus {
    if (this.#daemon === null) throw new Error('there is no bus yet');
    return this.#daemon;
  }

  async startBus(): Promise<void> {
    this.#daemon = await startPrivateBus(this.dir);
  }

  /** Killed, not asked to end. */
  async killBus(): Promise<void> {
    process.kill(this.daemon.pid, 'SIGKILL');
    await this.daemon.stop();
  }

  async startBluez(options: Partial<FakeBluezOptions> = {}): Promise<void> {
    this.#bluez = await startFakeBluez({
      busAddress: this.daemon.address,
      peripherals: [{ kind: 'heart-rate', address: STRAP, seed: 1, rate: 20 }],
      ...options,
      limits: { advertiseMs: 20, connectTimeoutMs: 150, ...options.limits },
    });
  }

  async startRadio(options: Partial<BluezRadioOptions> = {}): Promise<void> {
    this.#radio = bluezRadio({
      ...{ busAddress: `unix:path=${join(this.dir, 'bus')}`, adapter: 'hci0' },
      log: (message) => this.logged.push(message),
      ...options,
      timeouts: { ...QUICK, ...QUICK_RETRIES, ...options.timeouts },
    });
    await this.#radio.start((event) => this.events.push(event));
  }

  count(kind: RadioEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  async happens(kind: RadioEvent['kind'], times = 1): Promise<void> {
    await until(`${times} ${kind}`, () => this.count(kind) >= times);
  }

  /** Discovers until the device was heard, and stops listening. */
  async find(address = STRAP): Promise<Sighting> {
    await this.happens('up');
    await this.radio.discover(true);
    await until(`an advertisement of ${address}`, () => this.#seen(address) !== undefined);
    await this.radio.discover(false);
    return this.#seen(address) as Sighting;
  }

  /** Connects, and answers the handle of the heart rate. */
  async connect(address = STRAP): Promise<string> {
    const found = await this.radio.connect(address);
    const handle = found.find(({ uuid }) => uuid === HEART_RATE)?.handle;
    if (handle === undefined) throw new Error('the device measures no heart rate');
    return handle;
  }

  async stop(): Promise<void> {
    await this.#radio?.stop();
    await this.#bluez?.stop();
    await this.#daemon?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #seen(address: string): Sighting | undefined {
    const found = this.events.find((event) => event.kind === 'sighting' && event.sighting.address === address);
    return found?.kind === 'sighting' ? found.sighting : undefined;
  }
}
