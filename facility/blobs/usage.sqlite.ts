// Bytes stored by each user, in a small database of its own: not synced with each upload, because it only feeds a quota.
import Database from 'better-sqlite3';
import { storeError } from '../store-error.ts';
import type { Usage } from './blobs.ts';

export class SqliteUsage implements Usage {
  readonly #database: Database.Database;
  readonly #add: Database.Statement;
  readonly #held = new Map<string, number>();

  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.exec(
      'CREATE TABLE IF NOT EXISTS usage (user TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID',
    );
    this.#add = this.#database.prepare(
      'INSERT INTO usage VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET bytes = bytes + excluded.bytes',
    );
    for (const { user, bytes } of this.#database.prepare('SELECT user, bytes FROM usage').iterate() as Iterable<{
      user: string;
      bytes: number;
    }>) {
      this.#held.set(user, bytes);
    }
  }

  bytesOf(user: string): number {
    return this.#held.get(user) ?? 0;
  }

  add(user: string, bytes: number): void {
    try {
      this.#add.run(user, bytes);
    } catch (error) {
      throw storeError(error);
    }
    this.#held.set(user, this.bytesOf(user) + bytes);
  }

  close(): void {
    this.#database.close();
  }
}
