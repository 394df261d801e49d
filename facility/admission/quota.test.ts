import { expect, it } from 'vitest';
import { Quota } from './quota.ts';

it('gives a burst, then its rate, and all or nothing', () => {
  let now = 0;
  const quota = new Quota({ perSecond: 10, burst: 20, clock: () => now });
  expect(quota.take('a', 20)).toBe(true);
  expect(quota.take('a')).toBe(false);
  expect(quota.take('b', 21)).toBe(false);
  expect(quota.take('b', 20)).toBe(true);
  now += 500;
  expect(quota.take('a', 6)).toBe(false);
  expect(quota.take('a', 5)).toBe(true);
  now += 1e9;
  expect(quota.take('a', 21)).toBe(false);
  expect(quota.take('a', 20)).toBe(true);
});

it('keeps the names that have used theirs up while it forgets the others', () => {
  let now = 0;
  const quota = new Quota({ perSecond: 1, burst: 2, clock: () => now, maxNames: 3 });
  quota.take('busy', 2);
  quota.take('idle', 1);
  now += 1_000;
  for (let i = 0; i < 50; i++) quota.take(`flood ${i}`, 1);
  now -= 1_000;
  expect(quota.take('idle', 2)).toBe(true);
});
