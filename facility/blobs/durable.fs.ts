// A file is either wholly there or not at all, also after a power cut: write beside, fsync, rename, fsync the folder.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storeError } from '../store-error.ts';

export interface WriteOptions {
  /** Folder on the same file system for the unfinished file; default: beside it. */
  readonly scratch?: string;
  /** Default 0600. */
  readonly mode?: number;
}

/**
 * Replaces `path` by `bytes`, durable on resolve. Throws `disk_full` or `store_failed`; then the old file, or none, is
 * still there.
 */
export async function writeDurably(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
  const unfinished = join(options.scratch ?? dirname(path), `.${randomUUID()}.part`);
  try {
    const file = await open(unfinished, 'wx', options.mode ?? 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw storeError(error);
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
