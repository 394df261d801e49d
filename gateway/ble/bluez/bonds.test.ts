import { expect, test } from 'vitest';
import { Bonds } from './bonds.ts';

test('a device lacks its key when its links were cut short three times in a row, not when one of them was of use', () => {
  const bonds = new Bonds();
  expect([1, 2].map(() => bonds.lacksKey('a'))).toEqual([false, false]);
  expect(bonds.lacksKey('b')).toBe(false);
  bonds.isGood('a');
  expect([1, 2, 3, 4].map(() => bonds.lacksKey('a'))).toEqual([false, false, true, true]);
  bonds.forget('a');
  expect(bonds.lacksKey('a')).toBe(false);
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
