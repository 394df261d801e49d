// Small named values beside the tables: totals of the vault, and whatever the sync wants to keep.

import type { Store } from './store.ts';

export function readMeta(store: Store, key: string): Uint8Array | null {
  const row = store.sql('SELECT value FROM meta WHERE key = ?').get(key);
  return row === undefined ? null : (row.value as Uint8Array);
}

/** Null deletes. To be called inside a transaction. */
export function writeMeta(store: Store, entries: Readonly<Record<string, Uint8Array | null>>): void {
  for (const [key, value] of Object.entries(entries)) {
    if (value === null) store.sql('DELETE FROM meta WHERE key = ?').run(key);
    else
      store
        .sql('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
        .run(key, value);
  }
}
