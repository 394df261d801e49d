// A file is either wholly there or not at all, also after a power cut: write beside, fsync, rename, fsync the folder.
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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

export interface FolderOptions {
  /** Of folders that are made; default 0700. */
  readonly mode?: number;
  readonly sync?: (path: string) => Promise<void>;
}

/**
 * Folders whose names are durable, up to `top`. Each is synced once a process even when it exists: the process that made
 * it may have died before it could.
 */
export class DurableFolders {
  readonly #top: string;
  readonly #mode: number;
  readonly #sync: (path: string) => Promise<void>;
  readonly #known = new Set<string>();

  constructor(top: string, { mode = 0o700, sync = syncFolder }: FolderOptions = {}) {
    this.#top = resolve(top);
    this.#mode = mode;
    this.#sync = sync;
  }

  /** Makes `path`, below `top`, with what is between them. Durable on resolve. Throws `disk_full` or `store_failed`. */
  async make(path: string): Promise<void> {
    const folder = resolve(path);
    if (this.#known.has(folder)) return;
    try {
      await mkdir(folder, { recursive: true, mode: this.#mode });
      for (let at = folder; ; at = dirname(at)) {
        await this.#sync(at);
        if (at === this.#top || at === dirname(at)) break;
      }
    } catch (error) {
      throw storeError(error);
    }
    this.#known.add(folder);
  }
}
