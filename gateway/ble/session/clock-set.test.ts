// A health sensor whose clock is set says so in what it stored before: the same observations, with one bit changed.
import { expect, test } from 'vitest';
import { Rig } from './rig.testing.ts';
import { liveSegment, observation, Sensor } from './sensor.testing.ts';

const NOON = Date.UTC(2025, 4, 21, 12);
const CURRENT_TIMELINE = 0x20;
const TIME_FLAGS = 9;
const TICKS = 0x01;

/** As it is told once the clock was set. */
const before = (bytes: Uint8Array) => bytes.map((octet, i) => (i === TIME_FLAGS ? octet & ~CURRENT_TIMELINE : octet));
/** Of a sensor that has no clock, and counts. */
const counted = (bytes: Uint8Array) => bytes.map((octet, i) => (i === TIME_FLAGS ? octet | TICKS : octet));

test.each([
  ['dated', (bytes: Uint8Array) => bytes],
  ['counted', counted],
])('what is stored, %s, is the same records after', (_, as) => {
  const sensor = new Sensor(NOON);
  for (let i = 1; i <= 5; i++) sensor.stored.set(i, as(observation(95, NOON + i * 1000)));
  const rig = new Rig(sensor).begin().run();
  for (const [i, bytes] of sensor.stored) sensor.stored.set(i, before(bytes));
  const again = new Rig(sensor.linked(), rig.durable).begin().run();
  expect(again.durable.committed.size).toBe(5);
  // Known at once by its cursor's record: not everything is asked for.
  expect(again.delivers()).toEqual([]);
});

test.each([
  ['dated', (bytes: Uint8Array) => bytes],
  ['counted', counted],
])('what was told live, %s, is the record that is stored after', (_, as) => {
  const sensor = new Sensor(NOON);
  const rig = new Rig(sensor).begin().run();
  const bytes = as(observation(95, NOON));
  rig.value('2B8B', liveSegment(bytes));
  sensor.stored.set(1, before(bytes));
  rig.run();
  expect(new Rig(sensor.linked(), rig.durable).begin().run().durable.committed.size).toBe(1);
});
