// The ledger's database on SQLite.
import type { Hash } from '@vitalseal/ledger';
import { emptyRoot } from '@vitalseal/ledger';
import type Database from 'better-sqlite3';
import type { Committed } from '../engine/engine.ts';
import { storeError } from '../store-error.ts';
import type { About, BlockWrite, LedgerStore } from './store.ts';

type Row = Record<string, unknown>;

export class SqliteLedgerStore implements LedgerStore {
  readonly #commit: (block: BlockWrite) => void;
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: Database.Database) {
    const sql = statements(database);
    this.#sql = sql;
    this.#commit = database.transaction(({ committed, entries, tiles, rows }: BlockWrite) => {
      const { height, size, root, time } = committed;
      sql.addBlock.run(height, size, root, time);
      for (const { index, bytes, leaf, signer, seq, about } of entries) {
        sql.addEntry.run(index, bytes);
        sql.addSignerEntry.run(signer, seq, index, leaf);
        for (const { kind, address } of about) sql.addAbout.run(kind, address, index);
      }
      for (const { level, index, hashes } of tiles) sql.putTile.run(level, index, hashes);
      for (const { kind, key, value } of rows) sql.putRow.run(kind, key, value);
    }).immediate;
  }

  head(): Committed {
    const row = this.#sql.head.get() as Committed | undefined;
    return row ?? { height: 0, size: 0, root: emptyRoot, time: 0 };
  }

  blockOfSize(size: number): Committed | null {
    return (this.#sql.blockOfSize.get(size) as Committed | undefined) ?? null;
  }

  entry(index: number): Uint8Array | null {
    return (this.#sql.entry.pluck().get(index) as Uint8Array | undefined) ?? null;
  }

  entries(from: number, to: number): Uint8Array[] {
    return this.#sql.entries.pluck().all(from, to) as Uint8Array[];
  }

  entryAt(signer: Uint8Array, seq: number): { leaf: Hash; index: number } | null {
    const row = this.#sql.entryAt.get(signer, seq) as Row | undefined;
    return row === undefined ? null : { leaf: row.leaf as Hash, index: row.idx as number };
  }

  leavesOf(signer: Uint8Array, seq: number, limit: number): { index: number; leaf: Hash }[] {
    const rows = this.#sql.leavesOf.all(signer, seq, limit) as Row[];
    return rows.map((row) => ({ index: row.idx as number, leaf: row.leaf as Hash }));
  }

  about({ kind, address }: About, from: number, limit: number): number[] {
    return this.#sql.about.pluck().all(kind, address, from, limit) as number[];
  }

  newestAbout({ kind, address }: About, limit: number): number[] {
    return this.#sql.newestAbout.pluck().all(kind, address, limit) as number[];
  }

  tile(level: number, index: number): Uint8Array | null {
    return (this.#sql.tile.pluck().get(level, index) as Uint8Array | undefined) ?? null;
  }

  row(kind: string, key: Uint8Array): Uint8Array | null {
    return (this.#sql.row.pluck().get(kind, key) as Uint8Array | undefined) ?? null;
  }

  commit(block: BlockWrite): void {
    try {
      this.#commit(block);
    } catch (error) {
      throw storeError(error);
    }
  }
}

function statements(database: Database.Database) {
  const prepare = (text: string) => database.prepare(text);
  return {
    head: prepare('SELECT height, size, root, time FROM block ORDER BY height DESC LIMIT 1'),
    blockOfSize: prepare('SELECT height, size, root, time FROM block WHERE size = ? ORDER BY height LIMIT 1'),
    entry: prepare('SELECT bytes FROM entry WHERE idx = ?'),
    entries: prepare('SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx'),
    entryAt: prepare('SELECT idx, leaf FROM signer_entry WHERE signer = ? AND seq = ?'),
    leavesOf: prepare('SELECT idx, leaf FROM signer_entry WHERE signer = ? AND seq >= ? ORDER BY seq LIMIT ?'),
    about: prepare('SELECT idx FROM about WHERE kind = ? AND address = ? AND idx >= ? ORDER BY idx LIMIT ?'),
    newestAbout: prepare('SELECT idx FROM about WHERE kind = ? AND address = ? ORDER BY idx DESC LIMIT ?'),
    tile: prepare('SELECT hashes FROM tile WHERE level = ? AND idx = ?'),
    row: prepare('SELECT value FROM state WHERE kind = ? AND key = ?'),
    addBlock: prepare('INSERT INTO block VALUES (?, ?, ?, ?)'),
    addEntry: prepare('INSERT INTO entry VALUES (?, ?)'),
    addSignerEntry: prepare('INSERT INTO signer_entry VALUES (?, ?, ?, ?)'),
    addAbout: prepare('INSERT INTO about VALUES (?, ?, ?)'),
    putTile: prepare('INSERT OR REPLACE INTO tile VALUES (?, ?, ?)'),
    putRow: prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)'),
  };
}
