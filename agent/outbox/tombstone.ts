// A tombstone: the signed notice that readings were lost at the edge, by their stream counters. A loss is never silent.

import type { Notice } from '@vitalseal/ledger';
import type { Lane } from '../inbox/lanes.ts';
import type { Store } from '../store/store.ts';
import { decodeBody } from './body.ts';
import { NEVER_SIGNED, type Outbox } from './outbox.ts';

type Statement = NonNullable<Notice['statement']>;

/** Inside a transaction. A loss that continues the lane's newest unsigned tombstone extends it. */
export function tombstone(
  outbox: Outbox,
  store: Store,
  lane: Lane,
  lost: { first: number; count: number; start: number; end: number; reason: Statement['reason'] },
): void {
  const { first, count, start, end, reason } = lost;
  const owner = lane.owner as Uint8Array;
  const newest = store
    .sql(`SELECT id, body FROM outbox WHERE type = 'notice' AND ${NEVER_SIGNED} AND lane = ? ORDER BY id DESC LIMIT 1`)
    .get(lane.id);
  const before = newest === undefined ? null : (decodeBody(newest.body as Uint8Array) as Notice).statement;
  const joins = before !== null && before.lastCounter + 1 === first && before.reason === reason;
  const statement: Statement = {
    owner,
    firstCounter: joins ? before.firstCounter : first,
    lastCounter: first + count - 1,
    from: joins ? Math.min(before.from, start) : start,
    to: joins ? Math.max(before.to, end) : end,
    reason,
  };
  const body: Notice = { kind: 'readings-dropped', about: null, statement };
  // A new item in place of the old one: whoever is signing the old one at this moment finds that it is gone.
  if (joins) store.sql('DELETE FROM outbox WHERE id = ?').run(newest?.id as number);
  outbox.add({
    type: 'notice',
    body,
    lane: lane.id,
    urgent: false,
    due: true,
    epoch: null,
    first: statement.firstCounter,
    readings: statement.lastCounter - statement.firstCounter + 1,
    blob: null,
  });
}
