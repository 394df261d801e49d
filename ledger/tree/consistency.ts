// That a newer tree only adds leaves to an older one: RFC 9162 §2.1.4. This is what a light node checks before it
// lets go of the checkpoint it held.
import { equalBytes } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import { emptyRoot, HASH_BYTES, type Hash, hashNode } from './hash.ts';
import { MAX_PATH, splitPoint } from './inclusion.ts';
import { asReader, checkSize, type HashReader, rangeHash } from './reader.ts';

/**
 * Proof that the tree of `from` leaves is a prefix of the tree of `to` (RFC 9162 §2.1.4.1). Empty when the sizes are
 * equal or the older tree is empty. Throws `tree_invalid` when `from` > `to`.
 */
export function consistencyProof(source: readonly Hash[] | HashReader, from: number, to: number): Hash[] {
  checkSize(from);
  checkSize(to);
  if (from > to) throw new VitalsealError('tree_invalid', 'the older tree is larger than the newer');
  if (from === 0 || from === to) return [];
  const read = asReader(source);
  const path: Hash[] = [];
  let [low, high] = [0, to];
  // Walk down to the subtree that ends where the older tree ends, noting the sibling at each turn.
  while (high !== from) {
    const middle = low + splitPoint(high - low);
    if (from <= middle) {
      path.push(rangeHash(read, middle, high));
      high = middle;
    } else {
      path.push(rangeHash(read, low, middle));
      low = middle;
    }
  }
  // The verifier knows that subtree already when it is the whole older tree.
  if (low !== 0) path.push(rangeHash(read, low, high));
  return path.reverse();
}

/**
 * Whether `path` proves the tree (`from`, `fromRoot`) to be a prefix of (`to`, `toRoot`) (RFC 9162 §2.1.4.2).
 * An empty older tree is a prefix of every tree, with an empty path. Never throws.
 */
export function verifyConsistency(
  from: number,
  fromRoot: Hash,
  to: number,
  toRoot: Hash,
  path: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to) return false;
  if (path.length > MAX_PATH + 1 || path.some((hash) => hash.length !== HASH_BYTES)) return false;
  if (fromRoot.length !== HASH_BYTES || toRoot.length !== HASH_BYTES) return false;
  if (from === to) return path.length === 0 && equalBytes(fromRoot, toRoot);
  if (from === 0) return path.length === 0 && equalBytes(fromRoot, emptyRoot);
  if (path.length === 0) return false;

  let node = from - 1;
  let last = to - 1;
  while (node % 2 === 1) {
    node = (node - 1) / 2;
    last = Math.floor(last / 2);
  }
  // When the older tree is one complete subtree, the proof starts from its root, which is not repeated in the path.
  const whole = node === 0;
  let older = whole ? fromRoot : (path[0] as Hash);
  let newer = older;
  for (const hash of whole ? path : path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = hashNode(hash, older);
      newer = hashNode(hash, newer);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newer = hashNode(newer, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(older, fromRoot) && equalBytes(newer, toRoot);
}
