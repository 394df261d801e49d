// The right edge of a growing tree: enough to append and to know the root, and no more. Full nodes keep one for the
// ledger and one for each signer's own history; a light node could keep one for itself. At most 53 hashes.
import { VitalsealError } from '../errors.ts';
import { emptyRoot, HASH_BYTES, type Hash, hashNode } from './hash.ts';

/** A frontier at rest: `peaks` are the roots of the complete subtrees, the largest (leftmost) first. */
export interface FrontierState {
  readonly size: number;
  readonly peaks: readonly Hash[];
}

/** How many complete subtrees a tree of `size` leaves falls into: the one bits of `size`. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

export class Frontier implements FrontierState {
  #size = 0;
  #peaks: Hash[] = [];

  /** Restores a frontier at rest. Throws `tree_invalid` when size and peaks do not fit. */
  static from(state: FrontierState): Frontier {
    const { size, peaks } = state;
    if (!Number.isSafeInteger(size) || size < 0 || peaks.length !== peakCount(size)) {
      throw new VitalsealError('tree_invalid', 'the frontier does not have one peak for each one bit of its size');
    }
    if (peaks.some((peak) => peak.length !== HASH_BYTES)) {
      throw new VitalsealError('tree_invalid', 'a peak of the frontier is not 32 bytes');
    }
    const frontier = new Frontier();
    frontier.#size = size;
    frontier.#peaks = [...peaks];
    return frontier;
  }

  get size(): number {
    return this.#size;
  }

  get peaks(): readonly Hash[] {
    return this.#peaks;
  }

  /** Appends one leaf hash. `onNode` hears each complete subtree as it closes: its level (0 = leaves), index, hash. */
  append(leaf: Hash, onNode?: (level: number, index: number, hash: Hash) => void): void {
    let node = leaf;
    let level = 0;
    let index = this.#size;
    onNode?.(level, index, node);
    // Each trailing one bit of the old size is a peak of this level that now gets its right sibling.
    while (index % 2 === 1) {
      node = hashNode(this.#peaks.pop() as Hash, node);
      index = (index - 1) / 2;
      level += 1;
      onNode?.(level, index, node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  /** Root over all leaves appended so far (RFC 9162 §2.1.1); of none, `emptyRoot`. */
  root(): Hash {
    let root: Hash | undefined;
    for (let i = this.#peaks.length - 1; i >= 0; i--) {
      const peak = this.#peaks[i] as Hash;
      root = root === undefined ? peak : hashNode(peak, root);
    }
    return root ?? emptyRoot;
  }

  clone(): Frontier {
    return Frontier.from(this);
  }
}

/** Root over leaf hashes taken as level-0 nodes: a signer's `history` when they are its earlier leaf hashes. */
export function ownHistoryRoot(leaves: Iterable<Hash>): Hash {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}
