// Message ids outlive their segments: what leaves the inbox leaves its ids here, one row a sealing, merged now and then.

import type { Store } from '../store/store.ts';
import { createRecent, decodeIds, encodeIds, type MessageId } from './recent.ts';

/** Rows before they are merged into one: a sealing then writes its own ids only. */
const ROWS = 32;

/** In the order in which they came. */
export function loadIds(store: Store): MessageId[] {
  return store
    .sql('SELECT ids FROM recent ORDER BY seq')
    .all()
    .flatMap((row) => decodeIds(row.ids as Uint8Array));
}

/** Inside a transaction. */
export function keepIds(store: Store, ids: readonly MessageId[]): void {
  if (ids.length === 0) return;
  const insert = store.sql('INSERT INTO recent (ids) VALUES (?)');
  insert.run(encodeIds(newest(ids)));
  const rows = store.sql('SELECT count(*) AS n FROM recent').get()?.n as number;
  if (rows <= ROWS) return;
  const merged = encodeIds(newest(loadIds(store)));
  store.sql('DELETE FROM recent').run();
  insert.run(merged);
}

function newest(ids: readonly MessageId[]): Iterable<MessageId> {
  const recent = createRecent<null>();
  for (const id of ids) recent.remember(id, null);
  return recent.ids();
}
