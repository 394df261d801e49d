// The ledger's Merkle tree as the facility holds it: tiles of 256 hashes in the store, the right edge in memory.
// A block appends on a copy (TreeDraft), so that a block that is not committed leaves no trace.
import {
  emptyRoot,
  Frontier,
  HASH_BYTES,
  type Hash,
  type HashReader,
  rootOf,
  TILE_WIDTH,
  tileReader,
  VitalsealError,
} from '@vitalseal/ledger';
import { asWritten } from '../state/verdict.ts';

/** Widest form of one tile, `width`·32 bytes; null when the tree does not reach it. */
export type TileSource = (level: number, index: number) => Uint8Array | null;

/** A tile that a block has changed, in its widest form. */
export interface ChangedTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

const CACHED_TILES = 2_048; // 16 MB
const CACHED_ROOTS = 4_096;

export class LedgerTree {
  readonly #load: TileSource;
  readonly #tiles = new Map<string, Uint8Array>();
  readonly #roots = new Map<number, Hash>();
  #frontier: Frontier;

  /** `size` is the committed size; the right edge is read back from the tiles. Throws `store_damaged`. */
  constructor(load: TileSource, size: number) {
    this.#load = load;
    this.#frontier = new Frontier();
    this.#frontier = Frontier.from({ size, peaks: this.#peaks(size) });
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** Root of the first `size` leaves; null when the committed tree is smaller. */
  rootAt(size: number): Hash | null {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) return null;
    if (size === 0) return emptyRoot;
    const known = this.#roots.get(size);
    if (known !== undefined) return known;
    const root = size === this.size ? this.#frontier.root() : asWritten(() => rootOf(this.reader, size));
    if (this.#roots.size >= CACHED_ROOTS) this.#roots.delete(this.#roots.keys().next().value as number);
    this.#roots.set(size, root);
    return root;
  }

  /** Complete subtrees of the committed tree, for proofs and tiles. */
  get reader(): HashReader {
    return tileReader((level, index) => this.tile(level, index));
  }

  /** The widest form of a tile of the committed tree. */
  tile(level: number, index: number): Uint8Array | null {
    const name = `${level}/${index}`;
    const held = this.#tiles.get(name);
    if (held !== undefined) return held;
    const loaded = this.#load(level, index);
    if (loaded !== null) this.#keep(name, loaded);
    return loaded;
  }

  draft(): TreeDraft {
    return new TreeDraft(this.#frontier.clone(), (level, index) => this.tile(level, index));
  }

  /** Takes over what a draft appended, once its block is committed. */
  adopt(draft: TreeDraft): void {
    this.#frontier = draft.frontier;
    for (const tile of draft.changed()) this.#keep(`${tile.level}/${tile.index}`, tile.hashes);
  }

  #keep(name: string, hashes: Uint8Array): void {
    this.#tiles.delete(name);
    if (this.#tiles.size >= CACHED_TILES) this.#tiles.delete(this.#tiles.keys().next().value as string);
    this.#tiles.set(name, hashes);
  }

  #peaks(size: number): Hash[] {
    const peaks: Hash[] = [];
    let start = 0;
    try {
      for (let level = 52; level >= 0; level--) {
        const width = 2 ** level;
        if (Math.floor(size / width) % 2 === 0) continue;
        peaks.push(this.reader(level, start / width));
        start += width;
      }
    } catch {
      throw new VitalsealError('store_damaged', 'the tree of the store does not have the hashes of its size');
    }
    return peaks;
  }
}

export class TreeDraft {
  readonly frontier: Frontier;
  readonly #base: TileSource;
  readonly #changed = new Map<string, { level: number; index: number; width: number; bytes: Uint8Array }>();

  constructor(frontier: Frontier, base: TileSource) {
    this.frontier = frontier;
    this.#base = base;
  }

  append(leaf: Hash): void {
    this.frontier.append(leaf, (level, index, hash) => {
      if (level % 8 === 0) this.#put(level / 8, index, hash);
    });
  }

  *changed(): Generator<ChangedTile> {
    for (const { level, index, width, bytes } of this.#changed.values()) {
      yield { level, index, hashes: bytes.subarray(0, width * HASH_BYTES) };
    }
  }

  #put(level: number, node: number, hash: Hash): void {
    const index = Math.floor(node / TILE_WIDTH);
    const offset = node % TILE_WIDTH;
    const name = `${level}/${index}`;
    let tile = this.#changed.get(name);
    if (tile === undefined) {
      tile = { level, index, width: offset, bytes: new Uint8Array(TILE_WIDTH * HASH_BYTES) };
      const before = offset === 0 ? null : this.#base(level, index);
      if (before !== null) tile.bytes.set(before.subarray(0, offset * HASH_BYTES));
      this.#changed.set(name, tile);
    }
    tile.bytes.set(hash, offset * HASH_BYTES);
    tile.width = offset + 1;
  }
}
