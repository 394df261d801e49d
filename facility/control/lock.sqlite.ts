// One process a folder. The lock is one that the system lets go of when the process dies, however it dies, so there is
// no stale lock to clean up: SQLite's lock on a file of its own. The pid beside it is for people.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';
import { storeError } from '../store-error.ts';

export interface FolderLock {
  release(): void;
}

/** Takes the lock of `dir`. Throws `folder_locked`, with the pid of the other process in its message and detail. */
export function lockFolder(dir: string): FolderLock {
  const pidFile = join(dir, 'facility.pid');
  const database = new Database(join(dir, 'facility.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw storeError(error);
    const pid = readPid(pidFile);
    const who = pid === null ? 'another process' : `the process ${pid}`;
    throw new VitalsealError('folder_locked', `${who} uses the folder`, { pid });
  }
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // A full disk: whoever reads the pid is told an old one, or none. The lock holds.
  }
  return {
    release() {
      if (database.open) database.close();
    },
  };
}

function readPid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : null;
  } catch {
    return null;
  }
}
