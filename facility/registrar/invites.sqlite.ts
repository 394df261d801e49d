// Invites in the facility's database.
import { equalBytes, type Hash, type Role } from '@vitalseal/ledger';
import type Database from 'better-sqlite3';
import { storeError } from '../store-error.ts';
import type { Invite, InviteStore } from './invites.ts';

export class SqliteInviteStore implements InviteStore {
  readonly #add: Database.Statement;
  readonly #find: Database.Statement;
  readonly #use: Database.Statement;

  constructor(database: Database.Database) {
    this.#add = database.prepare('INSERT INTO invite VALUES (?, ?, ?, ?, ?, NULL)');
    this.#find = database.prepare('SELECT * FROM invite WHERE id = ?');
    this.#use = database.prepare('UPDATE invite SET used_for = ? WHERE id = ? AND used_for IS NULL');
  }

  add({ id, secret, role, subject, expires }: Invite): void {
    try {
      this.#add.run(id, secret, role, subject, expires);
    } catch (error) {
      throw storeError(error);
    }
  }

  find(id: Uint8Array): Invite | null {
    const row = this.#find.get(id) as Record<string, unknown> | undefined;
    if (row === undefined) return null;
    return {
      id: row.id as Uint8Array,
      secret: row.secret as Uint8Array,
      role: row.role as Role | null,
      subject: row.subject as Uint8Array | null,
      expires: row.expires as number,
      usedFor: row.used_for as Hash | null,
    };
  }

  use(id: Uint8Array, usedFor: Hash): boolean {
    try {
      if (this.#use.run(usedFor, id).changes === 1) return true;
    } catch (error) {
      throw storeError(error);
    }
    const now = this.find(id)?.usedFor ?? null;
    return now !== null && equalBytes(now, usedFor);
  }
}
