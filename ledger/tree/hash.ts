// The two hashes of an RFC 6962 / RFC 9162 tree. A leaf and a node carry different first bytes, so that a node can
// never be passed off as a leaf; everything else in this folder is arithmetic over these two functions.
import { type Hash, sha256 } from '../crypto.ts';

export type { Hash };

/** Length of every hash here, in bytes. */
export const HASH_BYTES = 32;

/** Root of the empty tree: SHA-256 of nothing (RFC 9162 §2.1.1). */
export const emptyRoot: Hash = sha256(new Uint8Array(0));

/** Leaf hash of an entry's bytes: SHA-256(0x00 ‖ data) (RFC 9162 §2.1.1). */
export function hashLeaf(data: Uint8Array): Hash {
  const bytes = new Uint8Array(1 + data.length);
  bytes.set(data, 1);
  return sha256(bytes);
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1). */
export function hashNode(left: Hash, right: Hash): Hash {
  // One buffer and one call: the tree of a facility is built from these, thousands a second.
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256(bytes);
}
