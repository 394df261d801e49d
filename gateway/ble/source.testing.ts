// For tests: a source over a radio in memory, with a clock that only the test moves and a sink that keeps and recognises
// as the inbox does.
import { type ErrorCode, VitalsealError } from '@vitalseal/ledger';
import type { Delivery, ReadingSink, Settled } from '../contract.ts';
import type { BleDevice, BleMatch, BleStatus } from './directory.ts';
import type { BleLimits } from './limits.ts';
import { MemoryRadio, type Peripheral } from './radio.testing.ts';
import type { BleAddress } from './radio.ts';
import { characteristic } from './session/meter.testing.ts';
import { BleSource } from './source.ts';

export const START_MS = Date.UTC(2026, 10, 21, 6);

export class Site implements ReadingSink {
  readonly radio: MemoryRadio;
  readonly source: BleSource;
  readonly devices: BleDevice[] = [];
  readonly kept: Delivery[] = [];
  readonly cursors = new Map<string, Uint8Array>();
  readonly logged: { message: string; detail: object }[] = [];
  /** Refuses everything with it while set. */
  refuses: ErrorCode | null = null;
  /** Keeps without saying so while set. */
  silent = false;
  /** Deliveries recognised as ones that were kept. */
  duplicates = 0;
  nowMs = 0;
  readonly #timers = new Map<number, { atMs: number; work: () => void }>();
  readonly #ids = new Map<string, string>();
  #next = 0;

  constructor(limits: Partial<BleLimits> = {}, radio = new MemoryRadio()) {
    this.radio = radio;
    this.source = new BleSource({
      radio,
      devices: { list: () => [...this.devices] },
      cursors: {
        load: async (device) => this.cursors.get(device) ?? null,
        save: async (device, cursor) => void this.cursors.set(device, cursor),
      },
      clock: { now: () => ({ wallMs: START_MS + this.nowMs, monotonicMs: this.nowMs, clock: 'synchronised' }) },
      hashKey: new Uint8Array(32).fill(7),
      after: (ms, work) => {
        const id = this.#next++;
        this.#timers.set(id, { atMs: this.nowMs + ms, work });
        return () => this.#timers.delete(id);
      },
      random: () => 0.5,
      limits,
      log: (message, detail) => this.logged.push({ message, detail }),
    });
  }

  get timers(): number {
    return this.#timers.size;
  }

  allow(device: string, match: Partial<BleMatch>): void {
    this.devices.push({ device, match: { address: null, name: null, service: null, ...match }, setClock: false });
  }

  async start(): Promise<void> {
    await this.source.start(this);
    await this.settle();
  }

  /** Everything that follows without time going by. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await new Promise(setImmediate);
  }

  async pass(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    for (;;) {
      await this.settle();
      let due: [number, { atMs: number; work: () => void }] | null = null;
      for (const timer of this.#timers) if (due === null || timer[1].atMs < due[1].atMs) due = timer;
      if (due === null || due[1].atMs > until) break;
      this.nowMs = Math.max(this.nowMs, due[1].atMs);
      this.#timers.delete(due[0]);
      due[1].work();
    }
    this.nowMs = until;
    await this.settle();
  }

  /** Time goes by while everything around advertises each second. */
  async live(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.radio.advertiseAll();
      await this.pass(1000);
    }
  }

  status(device: string): BleStatus {
    const found = this.source.status().find((status) => status.device === device);
    if (found === undefined) throw new Error(`no status of ${device}`);
    return found;
  }

  /** Sequences of the stored records that were kept, in order. */
  records(uuid = '2A18'): number[] {
    return this.kept.flatMap(({ origin }) => (origin?.client === uuid ? [origin.packetId ?? -1] : []));
  }

  deliver(delivery: Delivery, settled: Settled): void {
    const refusal = this.refuses === null ? null : new VitalsealError(this.refuses);
    const { origin } = delivery;
    const id = origin === null ? null : `${origin.user} ${origin.client} ${origin.packetId}`;
    const hash = String(origin?.payloadHash);
    if (refusal === null && id !== null && this.#ids.get(id) === hash) this.duplicates++;
    else if (refusal === null) {
      this.kept.push(delivery);
      if (id !== null) this.#ids.set(id, hash);
    }
    if (!this.silent) queueMicrotask(() => settled(refusal));
  }
}

export function addressOf(n: number): BleAddress {
  const hex = n.toString(16).padStart(4, '0').toUpperCase();
  return `C0:26:DA:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
}

/** A heart-rate strap. */
export function strap(n: number, more: Partial<Peripheral> = {}): Peripheral {
  const characteristics = [characteristic('180D', '2A37', 's')];
  return { address: addressOf(n), characteristics, name: `Strap ${n}`, services: ['180D'], ...more };
}

/** A Heart Rate Measurement. */
export const beat = (rate: number) => Uint8Array.of(0, rate);
