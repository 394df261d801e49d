// Published files on disk, in the C2SP tlog-tiles layout: the checkpoint and the full tiles, which never change and can
// be served by anything that serves files. Partial tiles are made from the store when asked for.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeEntryBundle, entriesTilePath, TILE_WIDTH, type Tile, tilePath, VitalsealError } from '@vitalseal/ledger';
import { DurableFolders, writeDurably } from '../blobs/durable.fs.ts';
import type { LogFiles } from './publisher.ts';

/** A static file server, under another user, may serve them. */
const PUBLIC = { mode: 0o644 } as const;

export interface TileContents {
  /** `width`·32 bytes of the committed tree. */
  tile(tile: Tile): Uint8Array;
  /** Entries [from, to). */
  entries(from: number, to: number): Uint8Array[];
}

export class FolderLogFiles implements LogFiles {
  readonly #dir: string;
  readonly #contents: TileContents;
  readonly #folders: DurableFolders;

  constructor(dir: string, contents: TileContents) {
    this.#dir = dir;
    this.#contents = contents;
    this.#folders = new DurableFolders(dirname(dir), { mode: 0o755 });
  }

  checkpoint(): Promise<string | null> {
    return readCheckpoint(this.#dir);
  }

  /** A published file; null when there is none. */
  async read(path: string): Promise<Uint8Array | null> {
    return readFile(join(this.#dir, path)).catch(() => null);
  }

  async writeCheckpoint(note: string): Promise<void> {
    await this.#folders.make(this.#dir);
    await writeDurably(join(this.#dir, 'checkpoint'), Buffer.from(note), PUBLIC);
  }

  async writeFullTile(tile: Tile): Promise<void> {
    await this.#write(tilePath(tile.level, tile.index), this.#contents.tile(tile));
    if (tile.level > 0) return;
    const from = tile.index * TILE_WIDTH;
    await this.#write(entriesTilePath(tile.index), encodeEntryBundle(this.#contents.entries(from, from + TILE_WIDTH)));
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = join(this.#dir, path);
    await this.#folders.make(dirname(file));
    await writeDurably(file, bytes, PUBLIC);
  }
}

/** The checkpoint that was published in a folder; null before the first. */
export async function readCheckpoint(dir: string): Promise<string | null> {
  try {
    return await readFile(join(dir, 'checkpoint'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new VitalsealError('store_failed', 'the published checkpoint cannot be read');
  }
}
