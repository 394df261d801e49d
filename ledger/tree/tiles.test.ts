import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntryBundle, encodeEntryBundle } from './bundle.ts';
import { type Hash, hashLeaf } from './hash.ts';
import { inclusionProof, verifyInclusion } from './inclusion.ts';
import { leafReader, rootOf } from './reader.ts';
import { entriesTilePath, tileBytes, tilePath, tileReader, tilesBetween, tilesOf } from './tiles.ts';

describe('tile paths', () => {
  it('are the examples of C2SP tlog-tiles', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(1, 0, 1)).toBe('tile/1/000.p/1');
    expect(tilePath(63, 67, 255)).toBe('tile/63/067.p/255');
    expect(entriesTilePath(1067, 256)).toBe('tile/entries/x001/067');
    expect(entriesTilePath(273, 112)).toBe('tile/entries/273.p/112');
    for (const bad of [
      () => tilePath(64, 0),
      () => tilePath(0, -1),
      () => tilePath(0, 0, 0),
      () => tilePath(0, 0, 257),
    ]) {
      expect(bad).toThrow();
    }
  });
});

describe('tiles', () => {
  it('of 70,000 leaves are those that C2SP tlog-tiles counts', () => {
    const tiles = [...tilesOf(70_000)];
    const count = (level: number, full: boolean) =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full);
    expect(count(0, true).length).toBe(273);
    expect(count(0, false)).toEqual([{ level: 0, index: 273, width: 112 }]);
    expect(count(1, true).length).toBe(1);
    expect(count(1, false)).toEqual([{ level: 1, index: 1, width: 17 }]);
    expect(count(2, false)).toEqual([{ level: 2, index: 0, width: 1 }]);
    expect(tiles.length).toBe(277);
    expect([...tilesOf(0)]).toEqual([]);
    expect([...tilesOf(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
  });

  it('written step by step as the tree grows are, at the end, all that its size needs', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const name = (tile: { level: number; index: number; width: number }) => Object.values(tile).join('/');
        const written = new Set<string>();
        let from = 0;
        for (const size of sizes.toSorted((a, b) => a - b)) {
          for (const tile of tilesBetween(from, size)) written.add(name(tile));
          for (const tile of tilesOf(size)) expect(written.has(name(tile))).toBe(true);
          from = size;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are enough to compute every root and proof', () => {
    const size = 70_000;
    const read = leafReader(Array.from({ length: size }, (_, i) => hashLeaf(Uint8Array.of(i, i >> 8, i >> 16))));
    const files = new Map([...tilesOf(size)].map((tile) => [`${tile.level}/${tile.index}`, tileBytes(read, tile)]));
    const tiled = tileReader((level, index) => files.get(`${level}/${index}`) ?? null);
    const root = rootOf(read, size);
    expect(rootOf(tiled, size)).toEqual(root);
    for (const index of [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      const path = inclusionProof(tiled, index, size);
      expect(path).toEqual(inclusionProof(read, index, size));
      expect(verifyInclusion(read(0, index), index, size, root, path)).toBe(true);
    }
    expect(() => tiled(0, size)).toThrow(/missing or too narrow/);
    expect(() => tiled(8, 273)).toThrow(/missing or too narrow/);
  });
});

describe('entry bundles', () => {
  it('give back what went in', () => {
    const bundle = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(bundle, (entries) => {
        expect(decodeEntryBundle(encodeEntryBundle(entries)).map((e) => [...e])).toEqual(entries.map((e) => [...e]));
      }),
    );
    expect([...encodeEntryBundle([Uint8Array.of(7, 8), new Uint8Array(0)])]).toEqual([0, 2, 7, 8, 0, 0]);
  });

  it('are refused when cut short, empty, too many or too long', () => {
    const whole = encodeEntryBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    for (const length of [0, 1, 2, 4, 6, 7]) expect(() => decodeEntryBundle(whole.subarray(0, length))).toThrow();
    expect(() => decodeEntryBundle(new Uint8Array(257 * 2))).toThrow(/more than 256/);
    expect(() => encodeEntryBundle([])).toThrow(/1 to 256/);
    expect(() => encodeEntryBundle(Array<Hash>(257).fill(new Uint8Array(1)))).toThrow(/1 to 256/);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(/65,535/);
  });
});
