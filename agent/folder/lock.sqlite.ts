// One agent a folder. The lock is SQLite's on a file of its own: the system lets go of it when the process ends, however
// it ends, so a stale lock cannot be. The pid lies beside it, for the person who is told no.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import Database from 'better-sqlite3';

export interface FolderLock {
  release(): void;
}

/** Takes the lock of `dir`, or throws `folder_locked` naming the process that has it (also in `detail.pid`). */
export function lockFolder(dir: string): FolderLock {
  const pidFile = join(dir, 'agent.pid');
  const database = open(join(dir, 'agent.lock'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw new VitalsealError('store_failed');
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
    release: () => {
      if (database.open) database.close();
    },
  };
}

function open(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 0 });
  } catch {
    throw new VitalsealError('folder_missing', 'the data folder cannot be opened');
  }
}

function readPid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : null;
  } catch {
    return null;
  }
}
