import { hashLeaf, inclusionProof, leafReader, rootOf, tilesOf, utf8, verifyInclusion } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { LedgerTree } from './tree.ts';

const leaf = (n: number) => hashLeaf(utf8(`leaf ${n}`));

/** A store of tiles in memory. */
function stored() {
  const tiles = new Map<string, Uint8Array>();
  return { tiles, load: (level: number, index: number) => tiles.get(`${level}/${index}`) ?? null };
}

describe('LedgerTree', () => {
  it('has the roots and proofs of the definition over blocks of many sizes, also after a restart', () => {
    const { tiles, load } = stored();
    const leaves: Uint8Array[] = [];
    let tree = new LedgerTree(load, 0);
    const sizes = [0];
    for (const block of [1, 1, 2, 3, 248, 1, 1, 255, 300, 513, 7]) {
      const draft = tree.draft();
      for (let i = 0; i < block; i++) {
        leaves.push(leaf(leaves.length));
        draft.append(leaves.at(-1) as Uint8Array);
      }
      for (const { level, index, hashes } of draft.changed()) tiles.set(`${level}/${index}`, hashes.slice());
      tree.adopt(draft);
      if (block % 2 === 1) tree = new LedgerTree(load, leaves.length);
      sizes.push(leaves.length);
      const reference = leafReader(leaves);
      for (const size of sizes) expect(tree.rootAt(size)).toEqual(rootOf(reference, size));
      for (const index of [0, leaves.length >> 1, leaves.length - 1]) {
        const path = inclusionProof(tree.reader, index, leaves.length);
        expect(path).toEqual(inclusionProof(reference, index, leaves.length));
        const root = tree.rootAt(leaves.length) as Uint8Array;
        expect(verifyInclusion(leaves[index] as Uint8Array, index, leaves.length, root, path)).toBe(true);
      }
    }
    for (const { level, index, width } of tilesOf(leaves.length)) {
      expect(tree.tile(level, index)?.length).toBe(width * 32);
    }
    expect(tree.rootAt(leaves.length + 1)).toBe(null);
    expect(tree.rootAt(-1)).toBe(null);
  });

  it('forgets a draft that was not committed', () => {
    const { tiles, load } = stored();
    const tree = new LedgerTree(load, 0);
    for (const [keep, name] of [
      [false, 'lost'],
      [true, 'kept'],
      [false, 'lost again'],
    ] as const) {
      const draft = tree.draft();
      draft.append(hashLeaf(utf8(name)));
      if (!keep) continue;
      for (const { level, index, hashes } of draft.changed()) tiles.set(`${level}/${index}`, hashes.slice());
      tree.adopt(draft);
    }
    expect(tree.size).toBe(1);
    expect(tree.rootAt(1)).toEqual(hashLeaf(utf8('kept')));
    expect(new LedgerTree(load, 1).rootAt(1)).toEqual(hashLeaf(utf8('kept')));
  });

  it('refuses a store whose tiles do not reach the size', () => {
    expect(() => new LedgerTree(stored().load, 3)).toThrow(/hashes of its size/);
  });
});
