import { expect, it } from 'vitest';
import { SightingPace } from './pace.ts';

it('repeats come at most twice a second', () => {
  const pace = new SightingPace();
  const reported = Array.from({ length: 30 }, (_, i) => pace.heard('a', false, i * 100)).filter(Boolean);
  expect(reported).toHaveLength(6);
  expect(pace.waits).toBe(false);
});

it('news come at once, and beyond their rate a moment later', () => {
  const pace = new SightingPace();
  const reported = Array.from({ length: 12 }, (_, i) => pace.heard('a', true, i)).filter(Boolean);
  expect(reported).toHaveLength(8);
  expect(pace.waits).toBe(true);
  expect(pace.due(20)).toEqual([]);
  expect(pace.due(300)).toEqual(['a']);
  expect(pace.waits).toBe(false);
  expect(pace.due(900)).toEqual([]);
});

it('a repeat takes late news with it as soon as it may', () => {
  const pace = new SightingPace();
  for (let i = 0; i < 9; i++) pace.heard('a', true, 0);
  expect(pace.heard('a', false, 600)).toBe(true);
  expect(pace.waits).toBe(false);
});

it('one device does not hold back another, and what is forgotten leaves nothing', () => {
  const pace = new SightingPace();
  for (let i = 0; i < 20; i++) pace.heard('a', true, 0);
  expect(pace.heard('b', true, 0)).toBe(true);
  pace.forget('a');
  expect(pace.waits).toBe(false);
  expect(pace.due(1000)).toEqual([]);
});
