// The bound on what waits here. When it is reached, what the ledger refused for good goes first, then the oldest readings
// that were never signed, each with a tombstone (a `notice` entry that names their stream counters); alarms go last, and
// the newest alarm never. Nothing goes silently.

import { decodeSegment, type Reading, VitalsealError } from '@vitalseal/ledger';
import type { Held, HeldRow } from '../inbox/held.ts';
import type { Lanes } from '../inbox/lanes.ts';
import { intervalOf } from '../seal/record.ts';
import type { Points } from '../store/points.ts';
import type { Store } from '../store/store.ts';
import type { TotalsStore } from '../store/totals.ts';
import { decodeBody } from './body.ts';
import { NEVER_SIGNED, type Outbox } from './outbox.ts';
import { tombstone } from './tombstone.ts';

export interface Spool {
  used(): number;
  /** What was stored or removed behind its back: measure again. */
  changed(): void;
  /** Makes room for so many bytes. True when readings were dropped. Throws `spool_full` when nothing more may go. */
  makeRoom(bytes: number): boolean;
}

export interface SpoolParts {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly held: Held;
  readonly outbox: Outbox;
  readonly totals: TotalsStore;
  readonly points: Points;
  /** Bytes in the inbox and in quarantine, kept in memory. */
  readonly fresh: () => number;
}

const STORED = `SELECT (SELECT total(length(bytes)) FROM blob) + (SELECT total(length(body)) FROM held)
  + (SELECT total(length(bytes)) FROM envelopes) + (SELECT total(length(entry)) FROM variant)
  + (SELECT total(length(body)) FROM outbox) AS bytes`;

/** The oldest that may go; the newest alarm is never among them. */
const OLDEST = {
  refused: `SELECT id, lane, first, readings, body FROM outbox
    WHERE type = 'record.register' AND state = 'refused' ORDER BY id LIMIT 1`,
  ordinary: `SELECT id, lane, first, readings, body FROM outbox
    WHERE type = 'record.register' AND urgent = 0 AND ${NEVER_SIGNED} ORDER BY id LIMIT 1`,
  alarm: `SELECT id, lane, first, readings, body FROM outbox
    WHERE type = 'record.register' AND urgent = 1 AND ${NEVER_SIGNED}
    AND id < (SELECT max(id) FROM outbox WHERE type = 'record.register' AND urgent = 1) ORDER BY id LIMIT 1`,
} as const;

export function createSpool(parts: SpoolParts, limit: number): Spool {
  const { store, lanes, held, outbox, totals, points } = parts;
  let stored: number | null = null;
  const used = () => {
    stored ??= (store.sql(STORED).get()?.bytes as number) ?? 0;
    return stored + parts.fresh();
  };

  function dropRecord(kind: keyof typeof OLDEST): boolean {
    const row = store.sql(OLDEST[kind]).get();
    if (row === undefined) return false;
    const { interval } = decodeBody(row.body as Uint8Array) as { interval: { start: number; end: number } };
    const lane = lanes.byId(row.lane as number);
    const count = row.readings as number;
    points
      .commit('drop-transaction', () => {
        store.sql('DELETE FROM blob WHERE item = ?').run(row.id as number);
        store.sql('DELETE FROM outbox WHERE id = ?').run(row.id as number);
        tombstone(outbox, store, lane, { first: row.first as number, count, ...interval, reason: 'spool-full' });
        return totals.add({ dropped: count });
      })
      .after();
    return true;
  }

  function dropHeld(): boolean {
    const found = store.sql('SELECT id, lane FROM held ORDER BY id LIMIT 1').get();
    if (found === undefined) return false;
    const lane = lanes.byId(found.lane as number);
    const row = held.rows(lane).find(({ id }) => id === found.id) as HeldRow;
    const interval = intervalOf(held.open(row).flatMap((segment): Reading[] => decodeSegment(segment)));
    const after = points.commit('drop-transaction', () => {
      const removed = held.remove([row]);
      // Readings that are nobody's have no stream that a tombstone could name; they are counted.
      if (row.first !== null)
        tombstone(outbox, store, lane, { first: row.first, count: row.count, ...interval, reason: 'spool-full' });
      return [removed, totals.add({ dropped: row.count })];
    });
    for (const part of after) part.after();
    return true;
  }

  return {
    used,
    changed() {
      stored = null;
    },
    makeRoom(bytes) {
      let dropped = false;
      while (used() + bytes > limit) {
        const gone = dropRecord('refused') || dropRecord('ordinary') || dropHeld() || dropRecord('alarm');
        if (!gone) throw new VitalsealError('spool_full');
        stored = null;
        dropped = true;
      }
      if (dropped) points.moveSlots();
      return dropped;
    },
  };
}
