// Where proofs take their hashes from. A tree is read as its complete subtrees only (level 0 = leaf hashes); those
// never change once written, so the same reader serves every size of the tree at or above the one it was made for.
import { VitalsealError } from '../errors.ts';
import { Frontier } from './frontier.ts';
import { emptyRoot, type Hash, hashNode } from './hash.ts';

/** Hash of the complete subtree over leaves [index·2^level, (index+1)·2^level). Throws when it is not there. */
export type HashReader = (level: number, index: number) => Hash;

/** A reader over leaf hashes held in memory; it hashes every complete subtree once, up front. */
export function leafReader(leaves: readonly Hash[]): HashReader {
  const levels: Hash[][] = [];
  const frontier = new Frontier();
  for (const leaf of leaves) {
    frontier.append(leaf, (level, _index, hash) => {
      const row = levels[level];
      if (row === undefined) levels.push([hash]);
      else row.push(hash);
    });
  }
  return (level, index) => {
    const hash = levels[level]?.[index];
    if (hash === undefined) throw new VitalsealError('tree_invalid', `the tree has no subtree ${level}/${index}`);
    return hash;
  };
}

/** A leaf array is as good as a reader everywhere in this folder. */
export function asReader(source: readonly Hash[] | HashReader): HashReader {
  return typeof source === 'function' ? source : leafReader(source);
}

/** Root of the tree of `size` leaves (RFC 9162 §2.1.1). */
export function rootOf(source: readonly Hash[] | HashReader, size: number): Hash {
  checkSize(size);
  return size === 0 ? emptyRoot : rangeHash(asReader(source), 0, size);
}

/**
 * Merkle tree hash of the leaves [from, to). `from` must be a multiple of the largest power of two in `to - from`,
 * which holds for every range that RFC 9162 recursion visits; so it is a fold over at most 53 complete subtrees.
 */
export function rangeHash(read: HashReader, from: number, to: number): Hash {
  const parts: Hash[] = [];
  let start = from;
  let rest = to - from;
  while (rest > 0) {
    const level = Math.floor(Math.log2(rest));
    const width = 2 ** level;
    parts.push(read(level, start / width));
    start += width;
    rest -= width;
  }
  let hash = parts.pop() as Hash;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) hash = hashNode(part, hash);
  return hash;
}

/** Throws `tree_invalid` unless `size` can be a tree size: a safe integer, not negative. */
export function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new VitalsealError('tree_invalid', 'not a tree size');
}
