// The database behind the port: better-sqlite3 with a write-ahead log that is synced at every commit. Owned by the
// vault's thread alone, so that the stall of an SD card does not stall the broker.

import { closeSync, openSync } from 'node:fs';
import { VitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';
import { type Column, type Row, SCHEMA, SCHEMA_VERSION, type Statement, type Store } from '../store/store.ts';

/** About 4 MB of log before its pages move into the database. */
const CHECKPOINT_PAGES = 8192;

function failure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const code = error.code;
  const detail = { sqlite: code };
  if (code === 'SQLITE_FULL') return new VitalsealError('disk_full', undefined, detail);
  // A write or sync that the disk refused: ENOSPC comes so from a file system that allocates late.
  if (/^SQLITE_IOERR_(WRITE|FSYNC|TRUNCATE|SHMSIZE|SHMMAP|DIR_FSYNC)/.test(code))
    return new VitalsealError('disk_full', 'the disk refused a write', detail);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new VitalsealError('store_damaged', undefined, detail);
  return new VitalsealError('store_failed', `the store could not be read or written (${code})`, detail);
}

/** SQLite would make it readable for all; its log and index take the mode that it has. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch {
    // SQLite meets the same trouble, and names it better.
  }
}

/** Opens or creates the database. Throws `store_newer`, `store_damaged`, `disk_full`, `store_failed`. */
export function openStore(file: string, options: { readonly maxPages?: number } = {}): Store {
  let db: Database.Database;
  makePrivate(file);
  try {
    db = new Database(file);
  } catch (error) {
    throw failure(error);
  }
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw failure(error);
    }
  };
  try {
    guard(() => prepare(db, options.maxPages));
  } catch (error) {
    db.close();
    throw error;
  }
  const statements = new Map<string, Statement>();
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  return {
    sql(text) {
      let statement = statements.get(text);
      if (statement === undefined) {
        const native = guard(() => db.prepare(text));
        statement = {
          run: (...values: readonly Column[]) => {
            const result = guard(() => native.run(...values));
            return { changes: result.changes, rowId: Number(result.lastInsertRowid) };
          },
          get: (...values: readonly Column[]) => guard(() => native.get(...values) as Row | undefined),
          all: (...values: readonly Column[]) => guard(() => native.all(...values) as Row[]),
        };
        statements.set(text, statement);
      }
      return statement;
    },
    transaction(work) {
      return guard(() => {
        begin.run();
        try {
          const result = work();
          commit.run();
          return result;
        } catch (error) {
          // Some failures (a full disk) have rolled back already.
          if (db.inTransaction) db.exec('ROLLBACK');
          throw error;
        }
      });
    },
    close: () => db.close(),
  };
}

function prepare(db: Database.Database, maxPages: number | undefined): void {
  db.pragma('page_size = 512');
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION)
    throw new VitalsealError('store_newer', `the store has version ${version}, this program knows ${SCHEMA_VERSION}`);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma('cache_size = -2000');
  db.pragma(`journal_size_limit = ${4 * CHECKPOINT_PAGES * 512}`);
  if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`);
  if (version === 0) {
    db.transaction(() => {
      db.exec(SCHEMA);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
    }).immediate();
  }
}
