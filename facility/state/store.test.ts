import { join } from 'node:path';
import { emptyRoot, hashLeaf, randomBytes, utf8 } from '@vitalseal/ledger';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../fixtures/facility.ts';
import { initFacility, runFacility } from '../main.ts';
import { openDatabase, STORE_VERSION } from './schema.sqlite.ts';
import { SqliteLedgerStore } from './store.sqlite.ts';
import type { BlockWrite } from './store.ts';

const address = randomBytes(20);

function block(height: number, index: number, seq = index): BlockWrite {
  const leaf = hashLeaf(utf8(String(index)));
  return {
    committed: { height, size: index + 1, root: leaf, time: height },
    entries: [
      { index, bytes: utf8(`entry ${index}`), leaf, signer: address, seq, about: [{ kind: 'owner', address }] },
    ],
    tiles: [{ level: 0, index: 0, hashes: leaf }],
    rows: [{ kind: 'record', key: utf8(String(index)), value: address }],
  };
}

describe('the ledger store', () => {
  it('keeps blocks over a restart, and finds what was written', () =>
    inTemporaryFolder(async (dir) => {
      const path = join(dir, 'ledger.db');
      let database = openDatabase(path, true);
      let store = new SqliteLedgerStore(database);
      expect(store.head()).toEqual({ height: 0, size: 0, root: emptyRoot, time: 0 });
      for (let i = 0; i < 5; i++) store.commit(block(i + 1, i));
      database.close();
      database = openDatabase(path, false);
      store = new SqliteLedgerStore(database);
      expect(store.head()).toMatchObject({ height: 5, size: 5, time: 5 });
      expect(store.blockOfSize(3)).toMatchObject({ height: 3 });
      expect(store.blockOfSize(9)).toBe(null);
      expect(store.entries(1, 3).map(String)).toEqual(
        [utf8('entry 1'), utf8('entry 2')].map((b) => String(Buffer.from(b))),
      );
      expect(store.entryAt(address, 4)).toMatchObject({ index: 4 });
      expect(store.leavesOf(address, 3, 10).map(({ index }) => index)).toEqual([3, 4]);
      expect(store.about({ kind: 'owner', address }, 2, 2)).toEqual([2, 3]);
      expect(store.newestAbout({ kind: 'owner', address }, 2)).toEqual([4, 3]);
      expect(store.row('record', utf8('9'))).toBe(null);
      database.close();
    }));

  it('writes a block wholly or not at all', () =>
    inTemporaryFolder(async (dir) => {
      const database = openDatabase(join(dir, 'ledger.db'), true);
      const store = new SqliteLedgerStore(database);
      store.commit(block(1, 0));
      // The second entry takes a seq that is taken: the store refuses, after it has written half of the block.
      expect(() => store.commit(block(2, 1, 0))).toThrow(/store/);
      expect(store.head()).toMatchObject({ height: 1, size: 1 });
      expect(store.entry(1)).toBe(null);
      store.commit(block(2, 1));
      expect(store.head().height).toBe(2);
      database.close();
    }));

  it('refuses a newer version, another kind of file, and a tree that is not its own', () =>
    inTemporaryFolder(async (dir) => {
      await initFacility({ dir });
      const listen = { host: '127.0.0.1', port: 0 };
      const change = (sql: string) => {
        const database = new Database(join(dir, 'ledger.db'));
        database.exec(sql);
        database.close();
      };
      change(`PRAGMA user_version = ${STORE_VERSION + 1}`);
      await expect(runFacility({ dir, listen })).rejects.toMatchObject({ code: 'store_newer' });
      change(`PRAGMA user_version = ${STORE_VERSION}`);
      change(`UPDATE tile SET hashes = zeroblob(64)`);
      await expect(runFacility({ dir, listen })).rejects.toMatchObject({ code: 'store_damaged' });
      expect(() => openDatabase(join(dir, 'policy'), false)).toThrow(/store/);
      expect(() => openDatabase(join(dir, 'none.db'), false)).toThrow(/facility init/);
    }));

  it('refuses to go on from an older copy of itself, which would be a second history', () =>
    inTemporaryFolder(async (dir) => {
      await initFacility({ dir });
      const listen = { host: '127.0.0.1', port: 0 };
      const database = new Database(join(dir, 'ledger.db'));
      const copy = database.serialize();
      database.close();
      const facility = await runFacility({ dir, listen });
      const { mintKey } = await import('../main.ts');
      await mintKey({ dir }, 'gateway');
      await facility.stop();
      const { rm, writeFile } = await import('node:fs/promises');
      for (const name of ['ledger.db-wal', 'ledger.db-shm']) await rm(join(dir, name), { force: true });
      await writeFile(join(dir, 'ledger.db'), copy);
      await expect(runFacility({ dir, listen })).rejects.toMatchObject({ code: 'checkpoint_forked' });
    }));
});
