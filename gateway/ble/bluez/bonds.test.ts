import { expect, test } from 'vitest';
import { Bonds } from './bonds.ts';

test('a device lacks its key when its links were cut short three times in a row, not when one of them was of use', () => {
  const bonds = new Bonds();
  const cut = (path: string, ...atMs: number[]) => atMs.map((ms) => bonds.lacksKey(path, ms));
  expect(cut('a', 0, 1000)).toEqual([false, false]);
  expect(cut('b', 1000)).toEqual([false]);
  bonds.isGood('a');
  expect(cut('a', 2000, 4000, 8000, 16_000)).toEqual([false, false, true, true]);
  bonds.forget('a');
  expect(cut('a', 17_000)).toEqual([false]);
});

test('links that were cut short on three days are those of a device at the edge of reach', () => {
  const bonds = new Bonds();
  const day = 86_400_000;
  expect([0, day, 2 * day].map((ms) => bonds.lacksKey('a', ms))).toEqual([false, false, false]);
});

test('that a person was wanted is known until the next link; that a drop came of it, for seconds', () => {
  const bonds = new Bonds();
  expect([bonds.wantedPerson('a'), bonds.hungUpAtRefusal('a', 0)]).toEqual([false, false]);
  bonds.wantsPerson('a', 1000);
  expect([bonds.wantedPerson('a'), bonds.hungUpAtRefusal('a', 1100)]).toEqual([true, true]);
  expect([bonds.wantedPerson('a'), bonds.hungUpAtRefusal('a', 60_000)]).toEqual([true, false]);
  bonds.begin('a');
  expect([bonds.wantedPerson('a'), bonds.hungUpAtRefusal('a', 1100)]).toEqual([false, false]);
});
