// What could not be decoded: kept for whoever looks into it, sealed like the inbox, bounded; the oldest goes first.
// It is counted when it comes (InboxTotals), so that dropping the bytes hides nothing.

import { decodeCbor, type ErrorCode, encodeCbor } from '@vitalseal/ledger';
import { openBox, sealBox } from '../store/box.ts';
import type { Chains } from '../store/chains.ts';
import { readMeta, writeMeta } from '../store/meta.ts';
import type { Store } from '../store/store.ts';
import type { Quarantined } from './group.ts';

const CHAIN = 'quarantine';
export interface Quarantine {
  /** One row a group; inside a transaction. `bytes` is the growth (negative when old rows went). */
  add(items: readonly Quarantined[]): { readonly bytes: number; after(): void };
  /** The newest ones. */
  newest(limit: number): Quarantined[];
  bytes(): number;
}

const about = (step: number) => new TextEncoder().encode(`quarantine ${step}`);

export function openQuarantine(store: Store, chains: Chains, limitBytes: number): Quarantine {
  const draw = readMeta(store, 'quarantine chain');
  let position = draw === null ? null : chains.position(CHAIN, draw);
  if (position === null) {
    const id = chains.draw(CHAIN);
    chains.save();
    store.transaction(() => {
      store.sql('DELETE FROM quarantine').run();
      writeMeta(store, { 'quarantine chain': id });
    });
    position = { step: 0 };
  }
  const rows: { step: number; bytes: number }[] = store
    .sql('SELECT step, length(body) AS bytes FROM quarantine WHERE step >= ? ORDER BY step')
    .all(position.step)
    .map((row) => ({ step: row.step as number, bytes: row.bytes as number }));
  let next = Math.max(position.step, (rows.at(-1)?.step ?? -1) + 1);
  let bytes = rows.reduce((sum, row) => sum + row.bytes, 0);

  return {
    add(items) {
      const step = next;
      const plain = encodeCbor(items.map((item) => [item.wallMs, item.device, item.reason, item.bytes]));
      const body = sealBox(chains.useKey(CHAIN, step), about(step), [plain]);
      store.sql('INSERT INTO quarantine VALUES (?, ?, ?)').run(step, items.length, body);
      let freed = 0;
      let drop = 0;
      // The newest row always stays.
      for (; drop < rows.length && bytes + body.length - freed > limitBytes; drop++) {
        const old = rows[drop] as { step: number; bytes: number };
        store.sql('DELETE FROM quarantine WHERE step = ?').run(old.step);
        freed += old.bytes;
      }
      return {
        bytes: body.length - freed,
        after() {
          next = step + 1;
          rows.splice(0, drop);
          rows.push({ step, bytes: body.length });
          bytes += body.length - freed;
          // Saved with the next move of the slots: a flood of nonsense must not wear the disk.
          chains.forget(CHAIN, (rows[0] as { step: number }).step);
        },
      };
    },
    newest(limit) {
      const found: Quarantined[] = [];
      for (const { step } of rows.slice(-limit).reverse()) {
        const body = store.sql('SELECT body FROM quarantine WHERE step = ?').get(step)?.body as Uint8Array;
        const plain = openBox(chains.useKey(CHAIN, step), about(step), body);
        for (const row of decodeCbor(plain, { maxBytes: 1 << 28 }) as [number, string | null, ErrorCode, Uint8Array][])
          found.push({ wallMs: row[0], device: row[1], reason: row[2], bytes: row[3] });
      }
      return found.slice(0, limit);
    },
    bytes: () => bytes,
  };
}
