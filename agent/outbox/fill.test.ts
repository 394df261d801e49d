import { expect, it } from 'vitest';
import { type FillSample, fillsIn, sampleFill } from './fill.ts';

it('tells when a spool that grows steadily is full', () => {
  let samples: readonly FillSample[] = [];
  for (let s = 0; s <= 1200; s++) samples = sampleFill(samples, { atMs: s * 1000, bytes: s * 10 });
  expect(samples.length).toBeLessThanOrEqual(60);
  expect(fillsIn(samples, { atMs: 1_200_000, bytes: 12_000 }, 22_000)).toBeCloseTo(1_000_000);
  expect(fillsIn(samples, { atMs: 1_200_000, bytes: 30_000 }, 22_000)).toBe(0);
});

it('says nothing while it does not grow, or is not known yet', () => {
  expect(fillsIn([], { atMs: 5, bytes: 5 }, 10)).toBeNull();
  expect(fillsIn([{ atMs: 0, bytes: 5 }], { atMs: 5000, bytes: 6 }, 10)).toBeNull();
  expect(fillsIn([{ atMs: 0, bytes: 5 }], { atMs: 50_000, bytes: 5 }, 10)).toBeNull();
  expect(fillsIn([{ atMs: 0, bytes: 5 }], { atMs: 50_000, bytes: 4 }, 10)).toBeNull();
});
