// The tree as static files: C2SP tlog-tiles, height 8. A facility writes them, caches serve them, and anyone's tools
// read them; a full tile never changes, a partial one belongs to the sizes that a checkpoint was made for.
import { VitalsealError } from '../errors.ts';
import { ownHistoryRoot } from './frontier.ts';
import { HASH_BYTES, type Hash } from './hash.ts';
import { checkSize, type HashReader } from './reader.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;

/** One tile: `level` counts tiles (tile level l holds tree level 8·l), `width` is 1 to 256 hashes. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Path of a tree tile without a leading slash, as in `tile/1/x001/067.p/17`. Throws `tree_invalid`. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  if (!Number.isInteger(level) || level < 0 || level > 63) throw new VitalsealError('tree_invalid', 'no tile level');
  return `tile/${level}/${indexPath(index, width)}`;
}

/** Path of an entry bundle, as in `tile/entries/x001/067.p/17`. Throws `tree_invalid`. */
export function entriesTilePath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/** The tiles of the tree of `size`, level by level; of a tile only its widest form. Empty tiles do not exist. */
export function* tilesOf(size: number): Generator<Tile> {
  yield* tilesBetween(0, size);
}

/** The tiles that the tree of `to` has and the tree of `from` has not: what is to be written after an append. */
export function* tilesBetween(from: number, to: number): Generator<Tile> {
  checkSize(from);
  checkSize(to);
  let [older, newer] = [from, to];
  for (let level = 0; newer > 0; level++) {
    for (let index = Math.floor(older / TILE_WIDTH); index * TILE_WIDTH < newer; index++) {
      const width = Math.min(TILE_WIDTH, newer - index * TILE_WIDTH);
      // A width that the older tree has already reached was written for it.
      if (index * TILE_WIDTH + width > older) yield { level, index, width };
    }
    older = Math.floor(older / TILE_WIDTH);
    newer = Math.floor(newer / TILE_WIDTH);
  }
}

/** Bytes of a tile: its hashes one after the other, `width`·32 bytes. */
export function tileBytes(read: HashReader, { level, index, width }: Tile): Uint8Array {
  const bytes = new Uint8Array(width * HASH_BYTES);
  for (let i = 0; i < width; i++) bytes.set(read(level * 8, index * TILE_WIDTH + i), i * HASH_BYTES);
  return bytes;
}

/**
 * A reader over tiles, for whoever holds tiles only. `tile` gives the bytes of the widest tile it has at that place,
 * or null. What it reads is as true as the tiles: check the root against a checkpoint.
 */
export function tileReader(tile: (level: number, index: number) => Uint8Array | null): HashReader {
  return (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const span = 2 ** (level % 8);
    const first = index * span;
    const bytes = tile(tileLevel, Math.floor(first / TILE_WIDTH));
    const offset = (first % TILE_WIDTH) * HASH_BYTES;
    if (bytes === null || bytes.length < offset + span * HASH_BYTES) {
      throw new VitalsealError('tree_invalid', `the tile for subtree ${level}/${index} is missing or too narrow`);
    }
    const hashes = Array.from({ length: span }, (_, i): Hash => {
      const at = offset + i * HASH_BYTES;
      return bytes.subarray(at, at + HASH_BYTES);
    });
    return ownHistoryRoot(hashes);
  };
}

function indexPath(index: number, width: number): string {
  checkSize(index);
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) throw new VitalsealError('tree_invalid', 'no width');
  const groups: string[] = [];
  let rest = index;
  do {
    const digits = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  return groups.join('/') + (width === TILE_WIDTH ? '' : `.p/${width}`);
}
