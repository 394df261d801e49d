// A lane is where readings queue: one for each stream (owner × this gateway), one for each device that is nobody's. It
// holds what must not be forgotten when the readings are gone: stream counter, epoch, place in the chains.

import { type Address, toHex } from '@vitalseal/ledger';
import type { Store } from '../store/store.ts';

export interface Lane {
  readonly id: number;
  /** Null: the lane of a device that is nobody's. */
  readonly owner: Address | null;
  readonly device: string | null;
  /** The newest segment whose share of this lane left the inbox. */
  cursor: number;
  /** The stream counter of the next reading. */
  counter: number;
  /** The held chain's draw, and the step of its next row. */
  heldChain: Uint8Array | null;
  heldNext: number;
  epoch: Uint8Array | null;
  /** Hash over the readers to whom the epoch's secret was sealed. */
  readers: Uint8Array | null;
  /** Index of the epoch's next record. */
  epochNext: number;
  /** Milliseconds that the epoch lasted in earlier lives of the process. */
  epochAge: number;
}

export type LaneState = Pick<
  Lane,
  'cursor' | 'counter' | 'heldChain' | 'heldNext' | 'epoch' | 'readers' | 'epochNext' | 'epochAge'
>;

export interface Lanes {
  all(): Iterable<Lane>;
  byId(id: number): Lane;
  byOwner(owner: Address): Lane | null;
  byDevice(device: string): Lane | null;
  /** Inserts the lane; inside a transaction, and known to the others only after `settle`. */
  insert(owner: Address | null, device: string | null): Lane;
  /** Writes the state given; inside a transaction. The lane in memory changes only with `settle`. */
  update(lane: Lane, state: Partial<LaneState>): void;
  /** After the transaction: true takes over what was written, false forgets it. */
  settle(committed: boolean): void;
}

const COLUMNS: Readonly<Record<keyof LaneState, string>> = {
  cursor: 'cursor',
  counter: 'counter',
  heldChain: 'held_chain',
  heldNext: 'held_next',
  epoch: 'epoch',
  readers: 'readers',
  epochNext: 'epoch_next',
  epochAge: 'epoch_age',
};

export function openLanes(store: Store): Lanes {
  const byId = new Map<number, Lane>();
  const byOwner = new Map<string, Lane>();
  const byDevice = new Map<string, Lane>();
  let written: (() => void)[] = [];
  const know = (lane: Lane) => {
    byId.set(lane.id, lane);
    if (lane.owner !== null) byOwner.set(toHex(lane.owner), lane);
    if (lane.device !== null) byDevice.set(lane.device, lane);
  };
  for (const row of store.sql('SELECT * FROM lane').all())
    know({
      id: row.id as number,
      owner: row.owner as Uint8Array | null,
      device: row.device as string | null,
      cursor: row.cursor as number,
      counter: row.counter as number,
      heldChain: row.held_chain as Uint8Array | null,
      heldNext: row.held_next as number,
      epoch: row.epoch as Uint8Array | null,
      readers: row.readers as Uint8Array | null,
      epochNext: row.epoch_next as number,
      epochAge: row.epoch_age as number,
    });
  return {
    all: () => byId.values(),
    byId: (id) => byId.get(id) as Lane,
    byOwner: (owner) => byOwner.get(toHex(owner)) ?? null,
    byDevice: (device) => byDevice.get(device) ?? null,
    insert(owner, device) {
      const insert = store.sql('INSERT INTO lane (owner, device, cursor, counter) VALUES (?, ?, -1, 0)');
      const { rowId } = insert.run(owner, device);
      const lane: Lane = {
        id: rowId,
        owner,
        device,
        cursor: -1,
        counter: 0,
        heldChain: null,
        heldNext: 0,
        epoch: null,
        readers: null,
        epochNext: 0,
        epochAge: 0,
      };
      written.push(() => know(lane));
      return lane;
    },
    update(lane, state) {
      const names = Object.keys(state) as (keyof LaneState)[];
      const set = names.map((name) => `${COLUMNS[name]} = ?`).join(', ');
      store.sql(`UPDATE lane SET ${set} WHERE id = ?`).run(...names.map((name) => state[name] ?? null), lane.id);
      written.push(() => Object.assign(lane, state));
    },
    settle(committed) {
      if (committed) for (const apply of written) apply();
      written = [];
    },
  };
}
