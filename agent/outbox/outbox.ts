// The outbox: sealed records, opened epochs and tombstones from the sealing transaction until a final checkpoint proves
// them. Every signed variant stays until a proven entry passes its seq: the ledger may have taken any of them.

import { type ErrorCode, type Hash, VitalsealError } from '@vitalseal/ledger';
import type { Store } from '../store/store.ts';
import type { OutboxItem, OutboxState, OwnEntry } from '../vault/vault.ts';
import { decodeBody, encodeBody } from './body.ts';

export interface NewItem {
  readonly type: OutboxItem['type'];
  readonly body: object;
  readonly lane: number | null;
  readonly urgent: boolean;
  readonly due: boolean;
  readonly epoch: Hash | null;
  /** Stream counter of the first reading; null for epoch.open. */
  readonly first: number | null;
  readonly readings: number;
  readonly blob: { readonly hash: Hash; readonly bytes: Uint8Array } | null;
}

/** All changes happen inside the caller's transaction. */
export interface Outbox {
  add(item: NewItem): number;
  putEnvelopes(epoch: Hash, set: Uint8Array): void;
  /** The entries of a lane's alarms may be sent; null: of every lane. Returns how many. */
  makeDue(lane: number | null): number;
  pending(limit: number): OutboxItem[];
  item(id: number): OutboxItem | null;
  blob(hash: Hash): Uint8Array | null;
  envelopes(epoch: Hash): Uint8Array | null;
  /** Throws `store_failed` when the spool dropped or replaced an item meanwhile. */
  commitSigned(signed: readonly { id: number; seq: number; entry: Uint8Array; leaf: Hash }[]): void;
  accepted(items: readonly { id: number; index: number }[]): void;
  refused(items: readonly { id: number; code: ErrorCode; permanent: boolean }[]): void;
  adopt(seq: number, leaf: Hash, index: number | null): boolean;
  unsignFrom(seq: number): void;
  putOwn(entries: readonly OwnEntry[]): void;
  variants(seq: number): OwnEntry[];
  /** The variant that stands for this seq now: an item's, or one from outside of the outbox. */
  current(seq: number): { readonly leaf: Hash; readonly item: OutboxItem | null; readonly index: number | null } | null;
  /** A proven entry passed these: drops item, blob, envelopes and every variant up to and with this seq. */
  drop(throughSeq: number): void;
}

/** SQL condition on an item: no bytes of it can be in the ledger, so it may still change or go. */
export const NEVER_SIGNED = `state = 'unsigned' AND NOT EXISTS (SELECT 1 FROM variant WHERE variant.item = outbox.id)`;

/** Of no item: another life's, or adopted after its item was refused and dropped. */
const FOREIGN = `SELECT leaf, idx FROM variant WHERE seq = ?
  AND (item IS NULL OR (idx IS NOT NULL AND item NOT IN (SELECT id FROM outbox)))`;

const COLUMNS = `id, type, state, urgent, due, blob_hash, epoch, readings, body, seq, leaf, idx, code,
  (SELECT entry FROM variant WHERE variant.seq = outbox.seq AND variant.leaf = outbox.leaf) AS entry`;

export function openOutbox(store: Store): Outbox {
  const item = (id: number) => {
    const row = store.sql(`SELECT ${COLUMNS} FROM outbox WHERE id = ?`).get(id);
    return row === undefined ? null : toItem(row);
  };
  const putVariant = (seq: number, leaf: Hash, id: number | null, entry: Uint8Array | null, index: number | null) =>
    store
      .sql(
        `INSERT INTO variant VALUES (?, ?, ?, ?, ?) ON CONFLICT (seq, leaf) DO UPDATE SET
           item = coalesce(excluded.item, item), entry = coalesce(excluded.entry, entry), idx = coalesce(excluded.idx, idx)`,
      )
      .run(seq, leaf, id, entry, index);
  const unsign = `UPDATE outbox SET state = 'unsigned', seq = NULL, leaf = NULL, idx = NULL, code = NULL`;

  return {
    add({ type, body, lane, urgent, due, epoch, first, readings, blob }) {
      const { rowId } = store
        .sql(
          `INSERT INTO outbox (type, state, lane, urgent, due, blob_hash, epoch, first, readings, body)
           VALUES (?, 'unsigned', ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(type, lane, Number(urgent), Number(due), blob?.hash ?? null, epoch, first, readings, encodeBody(body));
      if (blob !== null) store.sql('INSERT INTO blob VALUES (?, ?, ?)').run(rowId, blob.hash, blob.bytes);
      return rowId;
    },
    putEnvelopes(epoch, set) {
      store.sql('INSERT OR REPLACE INTO envelopes VALUES (?, ?)').run(epoch, set);
    },
    makeDue: (lane) =>
      lane === null
        ? store.sql('UPDATE outbox SET due = 1 WHERE due = 0').run().changes
        : store.sql('UPDATE outbox SET due = 1 WHERE due = 0 AND lane = ?').run(lane).changes,
    pending: (limit) =>
      store
        .sql(
          `SELECT ${COLUMNS} FROM outbox WHERE state IN ('unsigned', 'signed', 'accepted')
           ORDER BY seq IS NULL, seq, id LIMIT ?`,
        )
        .all(limit)
        .map(toItem),
    item,
    blob: (hash) => (store.sql('SELECT bytes FROM blob WHERE hash = ?').get(hash)?.bytes as Uint8Array) ?? null,
    envelopes: (epoch) =>
      (store.sql('SELECT bytes FROM envelopes WHERE epoch = ?').get(epoch)?.bytes as Uint8Array) ?? null,
    commitSigned(signed) {
      for (const { id, seq, entry, leaf } of signed) {
        putVariant(seq, leaf, id, entry, null);
        const { changes } = store
          .sql(`UPDATE outbox SET state = 'signed', due = 1, seq = ?, leaf = ?, idx = NULL, code = NULL WHERE id = ?`)
          .run(seq, leaf, id);
        if (changes !== 1) throw new VitalsealError('store_failed', 'an item left the outbox while it was signed');
      }
    },
    accepted(items) {
      for (const { id, index } of items)
        store
          .sql(`UPDATE outbox SET state = 'accepted', idx = ?, code = NULL WHERE id = ? AND seq IS NOT NULL`)
          .run(index, id);
    },
    refused(items) {
      for (const { id, code, permanent } of items) {
        if (permanent)
          store
            .sql(`UPDATE outbox SET state = 'refused', code = ?, seq = NULL, leaf = NULL, idx = NULL WHERE id = ?`)
            .run(code, id);
        else store.sql('UPDATE outbox SET code = ? WHERE id = ?').run(code, id);
      }
    },
    adopt(seq, leaf, index) {
      const variant = store.sql('SELECT item FROM variant WHERE seq = ? AND leaf = ?').get(seq, leaf);
      if (variant === undefined) return false;
      const id = variant.item as number | null;
      // Whatever was signed later for this seq, and the adopted item's own later seq, lose their place.
      store.sql(`${unsign} WHERE seq = ? AND id IS NOT ?`).run(seq, id);
      store.sql('UPDATE variant SET idx = ? WHERE seq = ? AND leaf = ?').run(index, seq, leaf);
      store
        .sql(`UPDATE outbox SET state = 'accepted', seq = ?, leaf = ?, idx = ?, code = NULL WHERE id = ?`)
        .run(seq, leaf, index, id);
      return true;
    },
    unsignFrom(seq) {
      // Accepted ones too: they follow on a leaf that is not there, so a receipt for them was false.
      store.sql(`${unsign} WHERE seq >= ? AND state IN ('signed', 'accepted')`).run(seq);
    },
    putOwn(entries) {
      for (const { seq, leaf, entry, index } of entries) {
        const known = store.sql('SELECT item FROM variant WHERE seq = ? AND leaf = ?').get(seq, leaf);
        if (known !== undefined && known.item !== null) {
          this.adopt(seq, leaf, index);
          continue;
        }
        store.sql(`${unsign} WHERE seq = ?`).run(seq);
        putVariant(seq, leaf, null, entry, index);
      }
    },
    variants: (seq) =>
      store
        .sql('SELECT seq, leaf, entry, idx FROM variant WHERE seq = ?')
        .all(seq)
        .map((row) => ({
          seq: row.seq as number,
          leaf: row.leaf as Uint8Array,
          entry: row.entry as Uint8Array | null,
          index: row.idx as number | null,
        })),
    current(seq) {
      const row = store.sql(`SELECT ${COLUMNS} FROM outbox WHERE seq = ?`).get(seq);
      if (row !== undefined) {
        const found = toItem(row);
        return { leaf: found.leaf as Hash, item: found, index: found.index };
      }
      const foreign = store.sql(FOREIGN).all(seq).at(-1);
      if (foreign === undefined) return null;
      return { leaf: foreign.leaf as Uint8Array, item: null, index: foreign.idx as number | null };
    },
    drop(throughSeq) {
      store.sql('DELETE FROM blob WHERE item IN (SELECT id FROM outbox WHERE seq <= ?)').run(throughSeq);
      store
        .sql(`DELETE FROM envelopes WHERE epoch IN (SELECT epoch FROM outbox WHERE seq <= ? AND type = 'epoch.open')`)
        .run(throughSeq);
      store.sql('DELETE FROM outbox WHERE seq <= ?').run(throughSeq);
      store.sql('DELETE FROM variant WHERE seq <= ?').run(throughSeq);
    },
  };
}

function toItem(row: Readonly<Record<string, unknown>>): OutboxItem {
  return {
    id: row.id as number,
    type: row.type,
    body: decodeBody(row.body as Uint8Array),
    urgent: row.urgent === 1,
    entryDue: row.due === 1,
    blobHash: row.blob_hash as Uint8Array | null,
    epoch: row.epoch as Uint8Array | null,
    readings: row.readings as number,
    seq: row.seq as number | null,
    entry: row.entry as Uint8Array | null,
    leaf: row.leaf as Uint8Array | null,
    index: row.idx as number | null,
    state: row.state as OutboxState,
    code: row.code as ErrorCode | null,
  } as OutboxItem;
}
