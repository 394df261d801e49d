// The agent's Bluetooth: its code is loaded and its radio taken when the first Bluetooth device is there, or while somebody
// scans. A machine without D-Bus or adapter runs all the same; `status` then says of each device what is missing.
import type {
  BleDirectory,
  BleStatus,
  PairingDialogue,
  PairingOutcome,
  RadioFault,
  Sighting,
} from '@vitalseal/gateway';
import { type ErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import type { Log } from '../logging.pino.ts';
import { type BluetoothFault, inWords } from './fault.ts';
import { type BleHost, unseen } from './host.ts';

/** What the agent needs of the gateway's Bluetooth source. */
export interface RunningBle {
  devicesChanged(): void;
  status(): readonly BleStatus[];
  fault(): RadioFault | null;
  sightings(leaseMs: number): readonly Sighting[];
  pair(device: string, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingOutcome>;
  /** Drops the link and the bond of a device. */
  forget(device: string): Promise<void>;
  counters(): Record<string, number>;
  stop(): Promise<void>;
}

export interface BluetoothPorts {
  /** The configuration's word; without one it is on while there is a device. */
  readonly enabled: boolean | undefined;
  readonly devices: BleDirectory;
  /** Loads, and starts. */
  readonly open: () => Promise<RunningBle>;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly log: Log;
}

/** After a failure that no recovery of the radio's own covers. */
const RETRY_MS = 60_000;
/** Milliseconds that the radio stays with us after a scan when nothing else needs it. */
const IDLE_MS = 30_000;

export class Bluetooth implements BleHost {
  readonly #ports: BluetoothPorts;
  #opening: Promise<RunningBle> | null = null;
  #running: RunningBle | null = null;
  /** Two radios over one adapter would fight: the next waits for the last one's end. */
  #closing: Promise<void> = Promise.resolve();
  #problem: ErrorCode | null = null;
  #stopped = false;
  #undoTimer: (() => void) | null = null;

  constructor(ports: BluetoothPorts) {
    this.#ports = ports;
  }

  /** Opens or closes as the devices now want it, and tells the source. Returns at once. */
  devicesChanged(): void {
    if (!this.#wanted()) return void (this.#opening === null || this.#later(IDLE_MS));
    this.#open().then(
      (running) => running.devicesChanged(),
      () => this.#later(RETRY_MS),
    );
  }

  /** Each Bluetooth device. */
  status(): readonly BleStatus[] {
    const known = new Map(this.#running?.status().map((status) => [status.device, status]));
    const problem = this.#running === null && this.#opening !== null ? null : (this.#problem ?? 'radio_unavailable');
    return this.#ports.devices
      .list()
      .map(({ device }) => known.get(device) ?? unseen(device, this.#running === null ? problem : null));
  }

  /** Of the whole Bluetooth side; null also while nothing needs the radio. */
  fault(): BluetoothFault | null {
    return this.#ports.enabled === false ? { fault: 'disabled' } : (this.#running?.fault() ?? null);
  }

  counters(): Record<string, number> {
    return this.#running?.counters() ?? {};
  }

  sightings(leaseMs: number): Promise<readonly Sighting[]> {
    return this.#inWords(async () => {
      const running = await this.#open();
      if (!this.#wanted()) this.#later(IDLE_MS);
      return running.sightings(leaseMs);
    });
  }

  pair(device: string, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingOutcome> {
    return this.#inWords(async () => (await this.#open()).pair(device, dialogue, signal));
  }

  /** For a device that is no longer in the list: its link and bond go. False when the host did not drop the bond. Never throws. */
  async removed(device: string): Promise<boolean> {
    const running = await this.#opening?.catch(() => null);
    running?.devicesChanged();
    const isGone = await running?.forget(device).then(
      () => true,
      (error: unknown) => this.#ports.log('a Bluetooth bond could not be removed', { code: codeOf(error) }),
    );
    this.devicesChanged();
    return isGone === true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#undoTimer?.();
    await this.#close();
  }

  #inWords<T>(work: () => Promise<T>): Promise<T> {
    return inWords(() => this.fault(), work);
  }

  #wanted(): boolean {
    return this.#ports.enabled ?? this.#ports.devices.list().length > 0;
  }

  #open(): Promise<RunningBle> {
    if (this.#stopped) return Promise.reject(new VitalsealError('closed', 'the agent is stopping'));
    if (this.#ports.enabled === false) return Promise.reject(new VitalsealError('radio_unavailable'));
    this.#undoTimer?.();
    this.#undoTimer = null;
    this.#opening ??= this.#closing.then(this.#ports.open).then(
      (running) => {
        this.#problem = null;
        this.#running = running;
        return running;
      },
      (error: unknown) => {
        this.#opening = null;
        this.#problem = codeOf(error);
        this.#ports.log('Bluetooth could not be started', { code: this.#problem });
        throw error;
      },
    );
    return this.#opening;
  }

  #later(ms: number): void {
    this.#undoTimer?.();
    this.#undoTimer = this.#stopped
      ? null
      : this.#ports.after(ms, () => {
          this.#undoTimer = null;
          if (this.#wanted()) this.devicesChanged();
          else void this.#close();
        });
  }

  async #close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    this.#running = null;
    this.#closing = (async () => {
      await this.#closing;
      await (await opening?.catch(() => null))?.stop();
    })();
    await this.#closing;
  }
}

function codeOf(error: unknown): ErrorCode {
  return isVitalsealError(error) ? error.code : 'internal';
}
