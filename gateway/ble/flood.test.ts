import { expect, it } from 'vitest';
import { Flood } from './flood.ts';

const LIMITS = { packetsPerSecond: 10, bytesPerSecond: 1000, floodMs: 1000 };

/** Packets until the flood begins. */
function until(flood: Flood, bytes: number, nowMs: number): number {
  for (let taken = 0; ; taken++) if (flood.take(bytes, nowMs) !== 'taken') return taken;
}

it('takes the steady rate for ever', () => {
  const flood = new Flood(LIMITS, 0);
  for (let now = 0; now < 60_000; now += 100) expect(flood.take(20, now)).toBe('taken');
});

it('takes a burst, then begins one pause and ignores the rest of it', () => {
  const flood = new Flood(LIMITS, 0);
  expect(until(flood, 1, 0)).toBe(20);
  expect(flood.pauseMs(0)).toBe(1000);
  expect(flood.take(1, 999)).toBe('ignored');
  expect(flood.take(1, 1000)).toBe('taken');
  expect(flood.pauseMs(1000)).toBe(0);
});

it('counts bytes as well as packets', () => {
  expect(until(new Flood(LIMITS, 0), 512, 0)).toBe(3);
});

it('is left alone for longer each time, up to eight times, and forgiven after a calm', () => {
  const flood = new Flood(LIMITS, 0);
  const pauses: number[] = [];
  let now = 0;
  for (let i = 0; i < 6; i++) {
    until(flood, 1, now);
    pauses.push(flood.pauseMs(now));
    now += flood.pauseMs(now);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
  now += 100_000;
  until(flood, 1, now);
  expect(flood.pauseMs(now)).toBe(1000);
});
