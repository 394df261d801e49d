import { describe, expect, it } from 'vitest';
import { consistencyProof, verifyConsistency } from './consistency.ts';
import { type Hash, hashLeaf } from './hash.ts';
import { inclusionProof, MAX_PATH, verifyInclusion } from './inclusion.ts';
import { leafReader, rootOf } from './reader.ts';

const LARGEST = 128;
/** A million verifications: seconds on an idle machine, more on a busy one. */
const PATIENCE = 120_000;
const leaves = Array.from({ length: LARGEST + 1 }, (_, i) => hashLeaf(Uint8Array.of(i, i >> 8)));
const read = leafReader(leaves);
const roots = Array.from({ length: LARGEST + 2 }, (_, size) => rootOf(read, size));
const leafAt = (i: number) => leaves[i] as Hash;
const rootAt = (size: number) => roots[size] as Hash;

/** The hash with one bit turned. */
function flip(hash: Hash, bit: number): Hash {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** Every proof that differs from `path` by one hash dropped, doubled, swapped, added, or one bit turned. */
function* mutations(path: readonly Hash[], seed: number): Generator<Hash[]> {
  for (let i = 0; i < path.length; i++) {
    yield [...path.slice(0, i), flip(path[i] as Hash, (seed + i * 37) % 256), ...path.slice(i + 1)];
    yield [...path.slice(0, i), ...path.slice(i + 1)];
    yield [...path.slice(0, i + 1), ...path.slice(i)];
    yield [...path.slice(0, i), (path[i] as Hash).subarray(0, 31), ...path.slice(i + 1)];
    if (i > 0) yield [...path.slice(0, i - 1), path[i] as Hash, path[i - 1] as Hash, ...path.slice(i + 1)];
  }
  yield [...path, leafAt(0)];
  yield [leafAt(0), ...path];
}

describe('inclusion proofs', () => {
  it(
    'verify at every index of every size up to 128, and no mutation of them does',
    () => {
      for (let size = 1; size <= LARGEST; size++) {
        for (let index = 0; index < size; index++) {
          const path = inclusionProof(read, index, size);
          const verify = (p: readonly Hash[], i = index, s = size, leaf = leafAt(index), root = rootAt(size)) =>
            verifyInclusion(leaf, i, s, root, p);
          if (!verify(path)) throw new Error(`valid proof of ${index} in ${size} refused`);
          for (const bad of mutations(path, size * 131 + index)) {
            if (verify(bad)) throw new Error(`mutated proof of ${index} in ${size} accepted`);
          }
          if (verify(path, index, size, leafAt(index + 1))) throw new Error('wrong leaf accepted');
          if (verify(path, index, size, leafAt(index), rootAt(size + 1))) throw new Error('wrong root accepted');
          if (index > 0 && verify(path, index - 1)) throw new Error(`index ${index - 1} for ${index} of ${size}`);
          if (index + 1 < size && verify(path, index + 1))
            throw new Error(`index ${index + 1} for ${index} of ${size}`);
        }
      }
    },
    PATIENCE,
  );

  it('fail under every bit flip of every hash, of the leaf and of the root, in a tree of 21', () => {
    const size = 21;
    for (let index = 0; index < size; index++) {
      const path = inclusionProof(read, index, size);
      for (let bit = 0; bit < 256; bit++) {
        for (let i = 0; i < path.length; i++) {
          const bad = path.with(i, flip(path[i] as Hash, bit));
          expect(verifyInclusion(leafAt(index), index, size, rootAt(size), bad)).toBe(false);
        }
        expect(verifyInclusion(flip(leafAt(index), bit), index, size, rootAt(size), path)).toBe(false);
        expect(verifyInclusion(leafAt(index), index, size, flip(rootAt(size), bit), path)).toBe(false);
      }
    }
  });

  it('never verify for a size whose shape differs, nor for another place', () => {
    // A path can stay valid when only the claimed size changes and the shape on the way does not; the root is then
    // the same root, and the checkpoint binds the size. What must never happen is another leaf or another depth.
    for (let size = 2; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        const path = inclusionProof(read, index, size);
        for (let other = 0; other < size; other++) {
          if (other !== index && verifyInclusion(leafAt(other), other, size, rootAt(size), path)) {
            throw new Error(`the path of ${index} proves ${other} in ${size}`);
          }
        }
        for (let wrong = 1; wrong <= 40; wrong++) {
          const length = wrong > index ? inclusionProof(read, index, wrong).length : -1;
          if (length !== path.length && verifyInclusion(leafAt(index), index, wrong, rootAt(size), path)) {
            throw new Error(`size ${wrong} for ${size}`);
          }
        }
      }
    }
  });

  it('bound hostile numbers and lengths before any work', () => {
    const path = inclusionProof(read, 3, 8);
    for (const index of [-1, 8, 3.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(verifyInclusion(leafAt(3), index, 8, rootAt(8), path)).toBe(false);
    }
    for (const size of [-1, 0, 3, 7.5, Number.NaN, 2 ** 53]) {
      expect(verifyInclusion(leafAt(3), 3, size, rootAt(8), path)).toBe(false);
    }
    const long = Array.from({ length: MAX_PATH + 1 }, () => leafAt(0));
    expect(verifyInclusion(leafAt(3), 3, 2 ** 53 - 1, rootAt(8), long)).toBe(false);
    expect(() => inclusionProof(read, 8, 8)).toThrow(/no leaf/);
    expect(() => inclusionProof(read, 0, -1)).toThrow(/tree size/);
  });

  it('hold beyond 32 bits: a lone leaf carried up over 2^40 equal ones', () => {
    // In a tree of 2^40 + 1 leaves the last leaf's only sibling is the root of the first 2^40.
    const size = 2 ** 40 + 1;
    const reader = (level: number) => (level === 40 ? leafAt(1) : leafAt(2));
    const path = inclusionProof(reader, size - 1, size);
    expect(path).toEqual([leafAt(1)]);
    expect(verifyInclusion(leafAt(2), size - 1, size, rootOf(reader, size), path)).toBe(true);
    expect(verifyInclusion(leafAt(2), 0, size, rootOf(reader, size), path)).toBe(false);
  });
});

describe('consistency proofs', () => {
  it(
    'verify between every pair of sizes up to 128, and no mutation of them does',
    () => {
      for (let to = 0; to <= LARGEST; to++) {
        for (let from = 0; from <= to; from++) {
          const path = consistencyProof(read, from, to);
          if (!verifyConsistency(from, rootAt(from), to, rootAt(to), path)) throw new Error(`${from} to ${to} refused`);
          for (const bad of mutations(path, from * 131 + to)) {
            if (verifyConsistency(from, rootAt(from), to, rootAt(to), bad))
              throw new Error(`${from} to ${to}: mutation`);
          }
          if (from > 0) {
            const wrong = flip(rootAt(from), (from + to) % 256);
            if (verifyConsistency(from, wrong, to, rootAt(to), path)) throw new Error(`${from} to ${to}: older root`);
            if (verifyConsistency(from - 1, rootAt(from), to, rootAt(to), path)) throw new Error(`${from}: older size`);
          }
          if (from > 0 && from < to) {
            const wrong = flip(rootAt(to), (from + to) % 256);
            if (verifyConsistency(from, rootAt(from), to, wrong, path)) throw new Error(`${from} to ${to}: newer root`);
          }
        }
      }
    },
    PATIENCE,
  );

  it('bound hostile numbers and lengths before any work', () => {
    const path = consistencyProof(read, 5, 9);
    for (const [from, to] of [
      [9, 5],
      [-1, 9],
      [5, 2 ** 53],
      [5.5, 9],
      [5, Number.NaN],
    ] as const) {
      expect(verifyConsistency(from, rootAt(5), to, rootAt(9), path)).toBe(false);
    }
    const long = Array.from({ length: MAX_PATH + 2 }, () => leafAt(0));
    expect(verifyConsistency(5, rootAt(5), 9, rootAt(9), long)).toBe(false);
    expect(verifyConsistency(5, rootAt(5).subarray(1), 9, rootAt(9), path)).toBe(false);
    expect(() => consistencyProof(read, 9, 5)).toThrow(/larger/);
  });
});
