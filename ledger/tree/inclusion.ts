// That one leaf stands at one place in a tree: RFC 9162 §2.1.3. Also proves an old own entry inside a signer's
// `history`, where the leaf hashes of its entries are the level-0 nodes.
import { equalBytes } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { HASH_BYTES, type Hash, hashNode } from './hash.ts';
import { asReader, checkSize, type HashReader, rangeHash } from './reader.ts';

/** No tree that a number can count is deeper; a longer path is refused before any hashing. */
export const MAX_PATH = 53;

/**
 * Audit path of leaf `index` in the tree of `size` leaves, the leaf's sibling first (RFC 9162 §2.1.3.1).
 * Throws `tree_invalid` when there is no such leaf.
 */
export function inclusionProof(source: readonly Hash[] | HashReader, index: number, size: number): Hash[] {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new VitalsealError('tree_invalid', 'the tree has no leaf of that index');
  }
  const read = asReader(source);
  const path: Hash[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      path.push(rangeHash(read, middle, to));
      to = middle;
    } else {
      path.push(rangeHash(read, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** Whether `path` leads from `leaf` at `index` to `root` of the tree of `size` (RFC 9162 §2.1.3.2). Never throws. */
export function verifyInclusion(leaf: Hash, index: number, size: number, root: Hash, path: readonly Hash[]): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (path.length > MAX_PATH || leaf.length !== HASH_BYTES || root.length !== HASH_BYTES) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_BYTES) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      // The last node of a level without a sibling is carried up as it is: skip those levels.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(hash, root);
}

/** The largest power of two below `count` (which is at least 2): where RFC 9162 splits a tree. */
export function splitPoint(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}
