// The published log as paths and proofs: which tile a path means, whether the final checkpoint reaches it, and its
// bytes. Full tiles come from files; a partial one is cut from the store.
import {
  consistencyProof,
  encodeEntryBundle,
  entriesTilePath,
  HASH_BYTES,
  inclusionProof,
  type ProveAnswer,
  TILE_WIDTH,
  tilePath,
  VitalsealError,
} from '@vitalseal/ledger';
import type { LedgerStore } from '../state/store.ts';
import type { Published, Publisher } from './publisher.ts';
import type { LedgerTree } from './tree.ts';

/** What a tile path names; `level` null is an entry bundle. */
interface TileName {
  readonly level: number | null;
  readonly index: number;
  readonly width: number;
}

export class PublishedTiles {
  readonly #tree: LedgerTree;
  readonly #store: LedgerStore;
  readonly #publisher: Publisher;
  readonly #file: (path: string) => Promise<Uint8Array | null>;

  constructor(
    tree: LedgerTree,
    store: LedgerStore,
    publisher: Publisher,
    file: (path: string) => Promise<Uint8Array | null>,
  ) {
    this.#tree = tree;
    this.#store = store;
    this.#publisher = publisher;
    this.#file = file;
  }

  /** Bytes of a tile or entry bundle of the final checkpoint, by its path (`tile/…`). Throws `not_found`. */
  async read(path: string): Promise<Uint8Array> {
    const name = parseTilePath(path);
    const published = this.#publisher.current;
    if (name === null || published === null) throw new VitalsealError('not_found');
    const { level, index, width } = name;
    const nodes = Math.floor(published.size / TILE_WIDTH ** (level ?? 0));
    if (index * TILE_WIDTH + width > nodes) throw new VitalsealError('not_found');
    const file = width === TILE_WIDTH ? await this.#file(path) : null;
    return file ?? this.cut(name);
  }

  /** The bytes from the store. */
  cut({ level, index, width }: TileName): Uint8Array {
    if (level === null) {
      const from = index * TILE_WIDTH;
      return encodeEntryBundle(this.#store.entries(from, from + width));
    }
    const tile = this.#tree.tile(level, index);
    if (tile === null || tile.length < width * HASH_BYTES) throw new VitalsealError('store_damaged');
    return tile.subarray(0, width * HASH_BYTES);
  }

  /** Proofs from a final checkpoint: consistency with `from`, inclusion of `index`. Throws `timed_out` when it is too small. */
  prove({ size, note }: Published, from: number, index: number): ProveAnswer {
    if (index >= size || from > size) throw new VitalsealError('timed_out', 'no final checkpoint reaches so far yet');
    const { reader } = this.#tree;
    return {
      checkpoint: note,
      consistency: consistencyProof(reader, from, size),
      inclusion: inclusionProof(reader, index, size),
    };
  }
}

const PATH = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** null for anything but the one path of a tile. */
export function parseTilePath(path: string): TileName | null {
  const match = PATH.exec(path);
  if (match === null) return null;
  const [, kind, groups, partial] = match as unknown as [string, string, string, string | undefined];
  const level = kind === 'entries' ? null : Number(kind);
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (width < 1 || width > TILE_WIDTH || !Number.isSafeInteger(index)) return null;
  const canonical = level === null ? entriesTilePath(index, width) : tilePath(level, index, width);
  return canonical === path ? { level, index, width } : null;
}
