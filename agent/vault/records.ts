// The records as people look at them: what the outbox holds, then the window of details of what is proven.

import { type ErrorCode, equalBytes } from '@vitalseal/ledger';
import type { Details } from '../light/details.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Store } from '../store/store.ts';
import type { RecordRow } from './vault.ts';

const DEFAULT_LIMIT = 1024;

/** Newest first. */
export function recordRows(
  store: Store,
  outbox: Outbox,
  details: Details,
  { limit = DEFAULT_LIMIT, recordId }: { readonly limit?: number; readonly recordId?: Uint8Array },
): RecordRow[] {
  const rows = [...waiting(store, outbox), ...details.newest(DEFAULT_LIMIT)];
  const found = recordId === undefined ? rows : rows.filter((row) => equalBytes(row.recordId, recordId));
  return found.slice(0, limit);
}

function* waiting(store: Store, outbox: Outbox): Generator<RecordRow> {
  for (const row of store.sql(`SELECT id FROM outbox WHERE type = 'record.register' ORDER BY id DESC`).all()) {
    const item = outbox.item(row.id as number);
    if (item?.type !== 'record.register') continue;
    const { recordId, owner, interval } = item.body;
    const { readings: count, state, seq, index, leaf } = item;
    yield { recordId, owner, interval, count, state, seq, index, leaf, code: item.code as ErrorCode | null };
  }
}
