import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Frontier, ownHistoryRoot, peakCount } from './frontier.ts';
import { emptyRoot, type Hash, hashLeaf } from './hash.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 §2.1.1 word for word, with another SHA-256 binding: the reference that the frontier is held against. */
function definition(leaves: readonly Hash[]): Uint8Array {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] as Hash;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Uint8Array.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

describe('Frontier', () => {
  it('gives the root of the definition at every size up to 260, and after every restore', () => {
    const leaves: Hash[] = [];
    let frontier = new Frontier();
    expect(hex(frontier.root())).toBe(hex(emptyRoot));
    for (let size = 1; size <= 260; size++) {
      const leaf = hashLeaf(Buffer.from(`leaf ${size}`));
      leaves.push(leaf);
      frontier = Frontier.from({ size: frontier.size, peaks: frontier.peaks });
      frontier.append(leaf);
      expect(frontier.size).toBe(size);
      expect(frontier.peaks.length).toBe(peakCount(size));
      expect(hex(frontier.root())).toBe(hex(definition(leaves)));
    }
    expect(hex(ownHistoryRoot(leaves))).toBe(hex(frontier.root()));
  });

  it('tells each complete subtree once, with its level and index', () => {
    const leaves = Array.from({ length: 13 }, (_, i) => hashLeaf(Uint8Array.of(i)));
    const seen = new Map<string, string>();
    const frontier = new Frontier();
    for (const leaf of leaves) {
      frontier.append(leaf, (level, index, hash) => {
        expect(seen.has(`${level}/${index}`)).toBe(false);
        seen.set(`${level}/${index}`, hex(hash));
      });
    }
    expect(seen.size).toBe(13 + 6 + 3 + 1);
    for (const [key, hash] of seen) {
      const [level, index] = key.split('/').map(Number) as [number, number];
      expect(hash).toBe(hex(definition(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))));
    }
  });

  it('keeps a clone apart, and refuses peaks that do not fit the size', () => {
    const frontier = new Frontier();
    frontier.append(hashLeaf(Uint8Array.of(1)));
    const clone = frontier.clone();
    clone.append(hashLeaf(Uint8Array.of(2)));
    expect([frontier.size, clone.size]).toEqual([1, 2]);
    expect(() => Frontier.from({ size: 3, peaks: frontier.peaks })).toThrow(/one peak for each/);
    expect(() => Frontier.from({ size: 1, peaks: [new Uint8Array(31)] })).toThrow(/32 bytes/);
    expect(() => Frontier.from({ size: -1, peaks: [] })).toThrow();
  });

  it('has the RFC 6962 empty root and leaf hashes of certificate-transparency', () => {
    expect(hex(emptyRoot)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(hashLeaf(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hex(hashLeaf(Buffer.from('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
  });
});
