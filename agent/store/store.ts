// The port to the vault's one database, and its schema. SQL lives beside the concept that it stores (inbox, outbox, …);
// the native module lives behind this port, in vault/store.sqlite.ts.

/** What a column holds. Integers stay below 2^53. */
export type Column = number | string | Uint8Array | null;
export type Row = Readonly<Record<string, Column>>;

export interface Statement {
  /** Returns the row id of an insert. Throws `disk_full`, `store_failed`, `store_damaged`. */
  run(...values: readonly Column[]): { readonly changes: number; readonly rowId: number };
  get(...values: readonly Column[]): Row | undefined;
  all(...values: readonly Column[]): Row[];
}

export interface Store {
  /** Prepared once and kept by its text. */
  sql(text: string): Statement;
  /**
   * All or nothing, and durable (fsynced) once it has returned; a throw changes nothing.
   * Throws what `work` throws, or `disk_full`, `store_failed`, `store_damaged`.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** `user_version` of the database. A database with a newer one is refused (`store_newer`). */
export const SCHEMA_VERSION = 1;

/**
 * 512-byte pages: a commit of 32 readings then writes 200 bytes a reading, with the usual 4,096 it is 350.
 * `lane`: one a stream (owner), or one a device that is nobody's. `segment`: one row a group commit; head and message ids in clear, so that a start opens no row.
 */
export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lane (
  id INTEGER PRIMARY KEY,
  owner BLOB UNIQUE,
  device TEXT UNIQUE,
  cursor INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  held_chain BLOB,
  held_next INTEGER NOT NULL DEFAULT 0,
  epoch BLOB,
  readers BLOB,
  epoch_next INTEGER NOT NULL DEFAULT 0,
  epoch_age INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE segment (seq INTEGER PRIMARY KEY, head BLOB NOT NULL, ids BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE recent (seq INTEGER PRIMARY KEY, ids BLOB NOT NULL);
CREATE TABLE held (
  id INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  step INTEGER NOT NULL,
  first INTEGER,
  count INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE TABLE quarantine (step INTEGER PRIMARY KEY, count INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  state TEXT NOT NULL,
  lane INTEGER,
  urgent INTEGER NOT NULL,
  due INTEGER NOT NULL,
  blob_hash BLOB,
  epoch BLOB,
  first INTEGER,
  readings INTEGER NOT NULL,
  body BLOB NOT NULL,
  seq INTEGER,
  leaf BLOB,
  idx INTEGER,
  code TEXT
);
CREATE INDEX outbox_seq ON outbox (seq) WHERE seq IS NOT NULL;
CREATE TABLE blob (item INTEGER PRIMARY KEY, hash BLOB NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX blob_hash ON blob (hash);
CREATE TABLE envelopes (epoch BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE variant (seq INTEGER NOT NULL, leaf BLOB NOT NULL, item INTEGER, entry BLOB, idx INTEGER, PRIMARY KEY (seq, leaf)) WITHOUT ROWID;
CREATE TABLE light (block INTEGER PRIMARY KEY, leaves BLOB NOT NULL);
CREATE TABLE detail (seq INTEGER PRIMARY KEY, row BLOB NOT NULL);
`;
