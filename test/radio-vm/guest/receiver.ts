// The gateway's side: the real Bluetooth source over the real BlueZ adapter, on a sink that commits a little later, as the
// agent's inbox does, and by the inbox's rule knows a stored record that comes again.

import { setTimeout as pause } from 'node:timers/promises';
import { type BleStatus, bleRadio, type Delivery, type Gateway, startGateway, systemClock } from '@vitalseal/gateway';
import { BUS_ADDRESS } from './host.ts';
import { exactly } from './truth.ts';

/** About what a commit takes. */
const COMMIT_MS = 30;
const DEVICE = 'wearable';
/** Twice what its own limits add up to. */
const STOP_MS = 60_000;

export class Receiver {
  /** Readings of each delivery that was kept, in order. */
  readonly kept: string[][] = [];
  /** Sequence numbers of the stored measurements that were kept. */
  readonly records: number[] = [];
  /** Stored records that came again, and were known. */
  known = 0;
  quarantined = 0;
  /** Live values that the device stores as well. */
  told = 0;
  /** performance.now() of the first delivery since `listen` was called. */
  firstMs: number | null = null;
  readonly #seen = new Set<string>();
  /** Of live values that no record took: how many. */
  readonly #twins = new Map<string, number>();
  readonly #cursors = new Map<string, Uint8Array>();
  #gateway: Gateway | null = null;

  /** Starts with the device at `address` alone allowed. */
  async start(adapter: string, address: string): Promise<void> {
    const log = (message: string, detail: object) => console.log(`gateway on ${adapter}: ${message}`, detail);
    const match = { address, name: null, service: null };
    const ble = {
      radio: await bleRadio({ busAddress: BUS_ADDRESS, adapter, log }),
      devices: { list: () => [{ device: DEVICE, match, setClock: false }] },
      cursors: {
        load: async (device: string) => this.#cursors.get(device) ?? null,
        save: async (device: string, cursor: Uint8Array) => void this.#cursors.set(device, cursor),
      },
      clock: systemClock(),
      hashKey: new Uint8Array(32).fill(7),
      after: (ms: number, work: () => void) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      log,
    };
    const deliver = (delivery: Delivery, settled: (error: null) => void) => {
      this.#keep(delivery);
      setTimeout(settled, COMMIT_MS, null);
    };
    this.#gateway = await startGateway({ mqtt: null, ble }, { deliver });
  }

  /** Throws when it does not stop in time. */
  async stop(): Promise<void> {
    const done = new AbortController();
    const late = pause(STOP_MS, undefined, { signal: done.signal }).then(() => {
      throw new Error(`the gateway did not stop within ${STOP_MS} ms`);
    });
    await Promise.race([this.#gateway?.stop(), late]).finally(() => done.abort());
  }

  get status(): BleStatus | undefined {
    return this.#gateway?.ble?.status()[0];
  }

  #keep(delivery: Delivery): void {
    if (delivery.kind === 'quarantine') {
      this.quarantined++;
      return;
    }
    const { origin, readings } = delivery;
    const twin = origin?.twin === undefined ? null : Buffer.from(origin.twin.hash).toString('hex');
    const left = twin === null ? 0 : (this.#twins.get(twin) ?? 0);
    if (twin !== null && origin?.packetId === null) {
      this.told++;
      this.#twins.set(twin, left + 1);
    } else if (origin !== null) {
      const id = `${origin.client} ${origin.packetId} ${Buffer.from(origin.payloadHash).toString('hex')}`;
      if (this.#seen.has(id)) {
        this.known++;
        return;
      }
      this.#seen.add(id);
      if (twin !== null && left > 0) {
        this.#twins.set(twin, left - 1);
        this.known++;
        return;
      }
      if (origin.client === '2A18') this.records.push(origin.packetId ?? -1);
    }
    this.firstMs ??= performance.now();
    this.kept.push(readings.map(exactly));
  }
}
