// Blobs and envelope sets as files, sharded by the first two characters of their names, unfinished ones apart.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storeError } from '../store-error.ts';
import type { BlobFiles } from './blobs.ts';
import { DurableFolders, syncFolder, writeDurably } from './durable.fs.ts';

export class FolderFiles implements BlobFiles {
  readonly #dir: string;
  readonly #scratch: string;
  readonly #shards: DurableFolders;

  /** `scratch` is a folder on the same file system; what a crash left there is removed. */
  constructor(dir: string, scratch: string) {
    this.#dir = dir;
    this.#scratch = scratch;
    this.#shards = new DurableFolders(dirname(dir));
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(scratch)) if (name.endsWith('.part')) rmSync(join(scratch, name), { force: true });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    await this.#shards.make(dirname(path));
    await writeDurably(path, bytes, { scratch: this.#scratch });
  }

  settle(name: string): Promise<void> {
    return this.#shards.make(dirname(this.#path(name)));
  }

  async size(name: string): Promise<number | null> {
    try {
      return (await stat(this.#path(name))).size;
    } catch (error) {
      return absent(error);
    }
  }

  async read(name: string): Promise<Uint8Array | null> {
    try {
      return await readFile(this.#path(name));
    } catch (error) {
      return absent(error);
    }
  }

  readSync(name: string): Uint8Array | null {
    try {
      return readFileSync(this.#path(name));
    } catch (error) {
      return absent(error);
    }
  }

  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  async remove(name: string): Promise<boolean> {
    const path = this.#path(name);
    if (!existsSync(path)) return false;
    try {
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    } catch (error) {
      throw storeError(error);
    }
    return true;
  }

  // Names are hex by construction, so nothing from outside can leave the folder.
  #path(name: string): string {
    return join(this.#dir, name.slice(0, 2), name);
  }
}

function absent(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw storeError(error);
}
