// Tables of the facility's ledger database, and its version. Everything that a block changes is in this one database, so
// that a block is one transaction.
import { VitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';

export const STORE_VERSION = 1;

const TABLES = `
-- one row a committed block; size and root are the tree's after it
CREATE TABLE block (height INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL);
-- an engine may commit blocks that hold no entry: then several have one size
CREATE INDEX block_size ON block (size);
CREATE TABLE entry (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
-- widest form of each tile: up to 256 hashes
CREATE TABLE tile (level INTEGER, idx INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE signer_entry (signer BLOB, seq INTEGER, idx INTEGER NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (signer, seq)) WITHOUT ROWID;
-- entries about somebody: a user's keys, an owner's epochs and records, a gateway's delegations
CREATE TABLE about (kind TEXT, address BLOB, idx INTEGER, PRIMARY KEY (kind, address, idx)) WITHOUT ROWID;
-- what the entries add up to: one row for each thing that the rules ask for, as CBOR
CREATE TABLE state (kind TEXT, key BLOB, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
-- not of the ledger: what the registrar gave out
CREATE TABLE invite (
  id BLOB PRIMARY KEY, secret BLOB NOT NULL, role TEXT, subject BLOB, expires INTEGER NOT NULL, used_for BLOB
) WITHOUT ROWID;
`;

/** Opens or creates the database. Throws `store_newer`, `store_damaged`, `folder_missing` (with `create` false). */
export function openDatabase(path: string, create: boolean): Database.Database {
  let database: Database.Database;
  try {
    database = new Database(path, { fileMustExist: !create });
  } catch {
    throw new VitalsealError('folder_missing', 'there is no facility in this folder; make one with: facility init');
  }
  try {
    const version = database.pragma('user_version', { simple: true }) as number;
    if (version > STORE_VERSION) {
      throw new VitalsealError('store_newer', `the facility's store has version ${version}, known is ${STORE_VERSION}`);
    }
    database.pragma('journal_mode = WAL');
    // FULL: a commit has survived a power cut before anyone gets a receipt.
    database.pragma('synchronous = FULL');
    database.pragma('cache_size = -32000');
    // A page that many blocks change is written back once for all of them.
    database.pragma('wal_autocheckpoint = 4000');
    if (version === 0) {
      database.transaction(() => {
        database.exec(TABLES);
        database.pragma(`user_version = ${STORE_VERSION}`);
      })();
    }
    return database;
  } catch (error) {
    database.close();
    if (error instanceof VitalsealError) throw error;
    throw new VitalsealError('store_damaged', "the facility's store cannot be opened");
  }
}
