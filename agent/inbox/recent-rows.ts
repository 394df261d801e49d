// Message ids outlive their segments: what leaves the inbox leaves its ids here, one row a sealing, merged now and then.

import type { Store } from '../store/store.ts';
import { createRecent, decodeIds, encodeIds, type MessageId } from './recent.ts';

/** Rows that are not full before they are merged: a sealing then writes its own ids only. */
const ROWS = 32;
/** Ids in a full row: each may be of another sender, and encodeIds takes 65,535 senders. */
const FULL = 32_768;
/** Every id takes 12 bytes at least, so that a full row is never shorter. */
const FULL_BYTES = FULL * 12;
/** Rows may grow by that before they are merged whatever their number: ids with long names fill rows that are not full. */
const GROWN_BYTES = 4 << 20;
/** Bytes of all rows after the last merge of this life. */
const mergedBytes = new WeakMap<Store, number>();

/** In the order in which they came, encoded. */
export function idRows(store: Store): Uint8Array[] {
  return store
    .sql('SELECT ids FROM recent ORDER BY seq')
    .all()
    .map((row) => row.ids as Uint8Array);
}

/** Inside a transaction. */
export function keepIds(store: Store, ids: readonly MessageId[]): void {
  if (ids.length === 0) return;
  insert(store, newest(ids));
  const rows = store.sql('SELECT count(*) AS n FROM recent WHERE length(ids) < ?').get(FULL_BYTES)?.n as number;
  if (rows <= ROWS && bytesOf(store) <= 2 * (mergedBytes.get(store) ?? 0) + GROWN_BYTES) return;
  const merged = newest(decoded(idRows(store)));
  store.sql('DELETE FROM recent').run();
  insert(store, merged);
  mergedBytes.set(store, bytesOf(store));
}

function bytesOf(store: Store): number {
  return store.sql('SELECT ifnull(sum(length(ids)), 0) AS n FROM recent').get()?.n as number;
}

function insert(store: Store, ids: readonly MessageId[]): void {
  for (let at = 0; at < ids.length; at += FULL)
    store.sql('INSERT INTO recent (ids) VALUES (?)').run(encodeIds(ids.slice(at, at + FULL)));
}

/** One row at a time: five meters with full memories would be 160,000 objects. */
function* decoded(rows: readonly Uint8Array[]): Generator<MessageId> {
  for (const row of rows) yield* decodeIds(row);
}

function newest(ids: Iterable<MessageId>): MessageId[] {
  const recent = createRecent<null>();
  for (const id of ids) recent.remember(id, null);
  return [...recent.ids()];
}
