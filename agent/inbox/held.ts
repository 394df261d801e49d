// Readings that cannot be sealed yet: the device is nobody's, or the owner is not verified. They leave the inbox, whose
// keys must go on being forgotten, for a key chain of their lane's own, and wait there.

import { decodeCbor, encodeCbor, VitalsealError } from '@vitalseal/ledger';
import { openBox, sealBox } from '../store/box.ts';
import type { Chains } from '../store/chains.ts';
import type { Store } from '../store/store.ts';
import type { Lane, Lanes } from './lanes.ts';

export interface HeldRow {
  readonly id: number;
  /** The lane whose chain sealed it: the device's, even after the readings were given to an owner. */
  readonly chain: number;
  readonly step: number;
  /** Stream counter of its first reading; null while it is nobody's. */
  readonly first: number | null;
  readonly count: number;
  readonly bytes: number;
}

export interface Held {
  /** Makes sure that the lane's chain exists; outside of a transaction, since the key must be safe before the row. */
  prepare(lane: Lane): void;
  /** Adds one unbroken run of readings; inside a transaction. Returns its bytes. */
  add(
    lane: Lane,
    run: { readonly first: number | null; readonly count: number; readonly segments: readonly Uint8Array[] },
  ): number;
  /** What waits in a lane, oldest first. */
  rows(lane: Lane): HeldRow[];
  open(row: HeldRow): Uint8Array[];
  /** Gives all that waits in a device's lane to an owner's, with counters; inside a transaction. Returns the readings. */
  give(from: Lane, to: Lane): number;
  /** Takes rows out; inside a transaction. `after` forgets their keys. */
  remove(rows: readonly HeldRow[]): { readonly bytes: number; after(): void };
  count(): { readonly readings: number; readonly bytes: number };
}

const chainOf = (lane: number) => `held ${lane}`;
const about = (lane: number, step: number) => new TextEncoder().encode(`held ${lane} ${step}`);

export function openHeld(store: Store, chains: Chains, lanes: Lanes): Held {
  const toRow = (row: Readonly<Record<string, unknown>>): HeldRow => ({
    id: row.id as number,
    chain: row.chain as number,
    step: row.step as number,
    first: row.first as number | null,
    count: row.count as number,
    bytes: row.size as number,
  });
  const forget = (lane: Lane): void => {
    if (lane.heldChain === null || chains.position(chainOf(lane.id), lane.heldChain) === null) return;
    const row = store.sql('SELECT min(step) AS step FROM held WHERE chain = ?').get(lane.id);
    chains.forget(chainOf(lane.id), (row?.step as number | null) ?? lane.heldNext);
  };
  for (const lane of lanes.all()) forget(lane);

  return {
    prepare(lane) {
      const position = lane.heldChain === null ? null : chains.position(chainOf(lane.id), lane.heldChain);
      // Slots ahead of the database: an older copy of it was put back, and a step must not be used twice.
      if (position !== null && position.step <= lane.heldNext) return;
      const heldChain = chains.draw(chainOf(lane.id));
      chains.save();
      try {
        store.transaction(() => lanes.update(lane, { heldChain, heldNext: 0 }));
      } catch (error) {
        lanes.settle(false);
        throw error;
      }
      lanes.settle(true);
    },
    add(lane, { first, count, segments }) {
      const step = lane.heldNext;
      const body = sealBox(chains.useKey(chainOf(lane.id), step), about(lane.id, step), [encodeCbor([...segments])]);
      store
        .sql('INSERT INTO held (lane, chain, step, first, count, body) VALUES (?, ?, ?, ?, ?, ?)')
        .run(lane.id, lane.id, step, first, count, body);
      lanes.update(lane, { heldNext: step + 1 });
      return body.length;
    },
    rows: (lane) =>
      store
        .sql('SELECT id, chain, step, first, count, length(body) AS size FROM held WHERE lane = ? ORDER BY id')
        .all(lane.id)
        .map(toRow),
    open(row) {
      const body = store.sql('SELECT body FROM held WHERE id = ?').get(row.id)?.body as Uint8Array;
      const opened = openBox(chains.useKey(chainOf(row.chain), row.step), about(row.chain, row.step), body);
      return decodeCbor(opened, { maxBytes: 1 << 28 }) as Uint8Array[];
    },
    give(from, to) {
      let counter = to.counter;
      for (const row of this.rows(from)) {
        store.sql('UPDATE held SET lane = ?, first = ? WHERE id = ?').run(to.id, counter, row.id);
        counter += row.count;
      }
      const given = counter - to.counter;
      if (given > 0) lanes.update(to, { counter });
      return given;
    },
    remove(rows) {
      let bytes = 0;
      for (const row of rows) {
        const { changes } = store.sql('DELETE FROM held WHERE id = ?').run(row.id);
        // The spool dropped it while it was being sealed: its tombstone stands, so this sealing must not.
        if (changes !== 1) throw new VitalsealError('store_failed', 'held readings went while they were sealed');
        bytes += row.bytes;
      }
      return {
        bytes,
        after() {
          for (const id of new Set(rows.map((row) => row.chain))) forget(lanes.byId(id));
        },
      };
    },
    count() {
      const row = store.sql('SELECT total(count) AS readings, total(length(body)) AS bytes FROM held').get();
      return { readings: (row?.readings as number) ?? 0, bytes: (row?.bytes as number) ?? 0 };
    },
  };
}
