// The stored records of a health sensor: asked for in its own words, before it speaks live, and each observation once,
// however it came.
import { toHex } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { decodeCursors } from '../records/cursor.ts';
import { Rig } from './rig.testing.ts';
import { liveSegment, observation, SENSOR, Sensor } from './sensor.testing.ts';

const NOON = Date.UTC(2025, 4, 21, 12);
const FIRST = 0x1_ffff;

function withStored(count: number, from = FIRST): Sensor {
  const sensor = new Sensor(NOON);
  for (let i = 0; i < count; i++) sensor.stored.set(from + i, observation(90 + (i % 9), NOON - (count - i) * 1000));
  return sensor;
}

const writes = (rig: Rig) => rig.effects.filter((e) => e.kind === 'write').map((e) => `${e.uuid} ${toHex(e.bytes)}`);
const cursor = (rig: Rig) => decodeCursors(rig.durable.cursor ?? new Uint8Array())?.get('1840')?.sequence;
const kept = (rig: Rig) => [...rig.durable.committed.values()].map(toHex).toSorted();

describe('the stored records of a health sensor', () => {
  test('are asked for all, then from the last one on, in 32 bits, and before it is told to speak', () => {
    const sensor = withStored(3);
    const first = new Rig(sensor).begin().run();
    expect(writes(first)).toEqual(['2A52 0701', '2BF4 01']);
    expect([first.state.phase, cursor(first)]).toEqual(['live', FIRST + 2]);
    expect(first.delivers().map(({ stored }) => stored)).toEqual([true, true, true]);

    sensor.linked().stored.set(FIRST + 3, observation(97, NOON));
    const again = new Rig(sensor, first.durable).begin().run();
    expect(writes(again)).toEqual(['2A52 07030101000200', '2BF4 01']);
    expect(again.delivers()).toHaveLength(1);
    expect([cursor(again), again.durable.duplicates]).toEqual([FIRST + 3, 0]);
  });

  test('numbers that go past 65535 are no numbers that begin again', () => {
    const sensor = withStored(4, 0xfffe);
    const rig = new Rig(sensor).begin().run();
    expect(cursor(rig)).toBe(0x1_0001);
    const again = new Rig(sensor.linked(), rig.durable).begin().run();
    expect(writes(again)[0]).toBe('2A52 07030101000100');
    expect(again.durable.duplicates).toBe(0);
  });

  test.each([
    [[60_000, 5], 60_000, true],
    [[5, 40_000], 40_000, false],
  ])('with the numbers %j, in this order: the newest is %i, out of order %s', (numbers, newest, unordered) => {
    const sensor = new Sensor(NOON);
    for (const number of numbers) sensor.stored.set(number, observation(95, NOON - number));
    const rig = new Rig(sensor).begin().run();
    const book = decodeCursors(rig.durable.cursor ?? new Uint8Array());
    expect(book?.get('1840')).toMatchObject({ sequence: newest, unordered });
  });

  test('of one that was reset, with other observations under lower numbers, are fetched all', () => {
    const before = new Rig(withStored(5)).begin().run();
    const sensor = withStored(2, 1);
    const rig = new Rig(sensor, before.durable).begin().run();
    expect(writes(rig).slice(0, 2)).toEqual(['2A52 07030103000200', '2A52 0701']);
    expect(cursor(rig)).toBe(2);
  });

  test('of one that is busy are asked for again later: it stops speaking for that', () => {
    const sensor = withStored(2);
    sensor.onWrite('2BF4', Uint8Array.of(1));
    const rig = new Rig(sensor).begin().run();
    expect([rig.state.phase, cursor(rig)]).toEqual(['live', undefined]);
    rig.fire('records').run();
    expect(writes(rig)).toEqual(['2A52 0701', '2BF4 01', '2BF4 02', '2A52 0701', '2BF4 01']);
    expect([rig.state.phase, cursor(rig)]).toEqual(['live', FIRST + 1]);
    expect(rig.timers.has('records')).toBe(false);
  });
});

test.each([
  ['that stores', SENSOR, ['2A52 0701', '2BF4 01', '2BF4 02', '2A52 0701', '2BF4 01']],
  ['that stores nothing', SENSOR.filter(({ uuid }) => uuid !== '2A52'), ['2BF4 01', '2BF4 01']],
])('a health sensor %s and is busy when it is told to speak is told again', (_, characteristics, wanted) => {
  const sensor = Object.assign(new Sensor(NOON), { refusesStarts: 1, characteristics });
  const rig = new Rig(sensor).begin().run();
  expect(rig.state.phase).toBe('live');
  rig.fire('records').run();
  expect(writes(rig)).toEqual(wanted);
  expect([rig.timers.has('records'), rig.state.phase]).toEqual([false, 'live']);
});

test('stored records whose clock is not read at one time are the same records', () => {
  const sensor = withStored(20);
  const first = new Rig(sensor).begin().run();
  const again = new Rig(sensor.linked(), first.durable);
  again.interfere = ({ kind }) => (kind === 'read' ? 'device_refused' : undefined);
  again.begin().run();
  expect([again.delivers().length, again.durable.committed.size]).toEqual([0, 20]);
});

test('a start that is refused is tried again, and so is one that wants pairing first', () => {
  for (const code of ['device_refused', 'pairing_needed'] as const) {
    const sensor = withStored(2);
    sensor.onWrite('2BF4', Uint8Array.of(1));
    const rig = new Rig(sensor).begin().run();
    let hasFailed = false;
    rig.interfere = (effect) => {
      if (effect.kind === 'write' && effect.uuid === '2A52' && code === 'pairing_needed') return 'device_refused';
      if (hasFailed || effect.kind !== 'write' || toHex(effect.bytes) !== '01') return undefined;
      hasFailed = true;
      return code;
    };
    rig.fire('records').run();
    expect([rig.state.phase, rig.timers.has('records')]).toEqual(['live', true]);
  }
});

test('what a health sensor stores is asked for now and then where its live observations are not to be had', () => {
  const rig = new Rig(withStored(2));
  rig.interfere = (effect) => (effect.kind === 'subscribe' && effect.uuid === '2B8B' ? 'device_refused' : undefined);
  rig.begin().run();
  expect([rig.state.phase, rig.timers.has('records')]).toEqual(['live', true]);
});

test('what a health sensor tells that stores nothing has no twin', () => {
  const sensor = Object.assign(new Sensor(NOON), { characteristics: SENSOR.filter(({ uuid }) => uuid !== '2A52') });
  const rig = new Rig(sensor).begin().run();
  rig.value('2B8B', liveSegment(observation(95, NOON)));
  expect(rig.delivers().map(({ twin }) => twin)).toEqual([null]);
});

test('a health sensor that has told much live is asked for what it stored of that, before the inbox forgets it', () => {
  const sensor = new Sensor(NOON);
  const rig = new Rig(sensor, undefined, { liveBeforeRecords: 3 }).begin().run();
  for (let i = 0; i < 3; i++) {
    expect(rig.timers.has('records')).toBe(false);
    const bytes = observation(90 + i, NOON + i * 1000);
    sensor.stored.set(7 + i, bytes);
    rig.value('2B8B', liveSegment(bytes));
  }
  rig.fire('records').run();
  expect(writes(rig)).toEqual(['2A52 0701', '2BF4 01', '2BF4 02', '2A52 0701', '2BF4 01']);
  expect([cursor(rig), rig.durable.committed.size, rig.durable.duplicates]).toEqual([9, 3, 3]);
  expect([rig.timers.has('records'), rig.state.phase]).toEqual([false, 'live']);
  // And no sooner the next time.
  for (let i = 0; i < 3; i++) {
    expect(rig.timers.has('records')).toBe(false);
    rig.value('2B8B', liveSegment(observation(90 + i, NOON + (9 + i) * 1000)));
  }
  expect(rig.timers.has('records')).toBe(true);
});

describe('an observation that comes live and from the store', () => {
  const ONE = observation(95, NOON);

  /** Live in one connection, stored in the next. */
  function twice(observations: readonly Uint8Array[], clockMs: number | null = NOON): Rig {
    const sensor = new Sensor(clockMs);
    const first = new Rig(sensor).begin().run();
    for (const [i, bytes] of observations.entries()) {
      first.value('2B8B', liveSegment(bytes));
      sensor.stored.set(1 + i, bytes);
    }
    first.run();
    expect(cursor(first)).toBeUndefined();
    return new Rig(sensor.linked(), first.durable).begin().run();
  }

  test('is one', () => {
    const rig = twice([ONE, observation(96, NOON + 1000)]);
    expect([rig.durable.duplicates, rig.durable.committed.size]).toEqual([2, 2]);
  });

  test('is two where it was measured twice in one moment, and no more', () => {
    const other = observation(96, NOON);
    const rig = twice([ONE, other, ONE, other, ONE]);
    expect(kept(rig)).toEqual([ONE, ONE, ONE, other, other].map(toHex).toSorted());
    expect(rig.durable.duplicates).toBe(5);
  });

  test('is as many as were measured in one moment, wherever the dump is cut', () => {
    const sensor = new Sensor(NOON);
    for (let i = 0; i < 40; i++) sensor.stored.set(i, observation(90 + i, NOON));
    for (let i = 40; i < 45; i++) sensor.stored.set(i, ONE);
    for (let cut = 0; cut < 60; cut++) {
      const rig = new Rig(sensor.linked(), undefined, { saveEvery: 1 }).begin();
      for (let i = 0; i < cut; i++) rig.next('radio');
      rig.cut().run();
      const again = new Rig(sensor.linked(), rig.durable, { saveEvery: 1 }).begin().run();
      expect(kept(again), `cut after ${cut}`).toEqual([...sensor.stored.values()].map(toHex).toSorted());
    }
  });

  test('counts twice where it has no time: nothing says then that it is the same', () => {
    const undated = observation(95, null);
    const rig = twice([undated, undated]);
    expect([rig.durable.duplicates, rig.durable.committed.size]).toEqual([0, 4]);
  });

  test('is one by a clock that is wrong, or was not read, as well', () => {
    for (const clockMs of [NOON - 90 * 86_400_000, null]) {
      const rig = twice([ONE, ONE], clockMs);
      expect([rig.durable.duplicates, rig.durable.committed.size]).toEqual([2, 2]);
    }
  });

  test('is as many as were observed by a clock that shows an hour twice', () => {
    const sensor = new Sensor(NOON);
    const rig = new Rig(sensor).begin().run();
    const hour = Array.from({ length: 60 }, (_, i) => observation(95 + (i % 3), NOON + i * 60_000));
    for (const [i, bytes] of [...hour, ...hour].entries()) {
      sensor.stored.set(i, bytes);
      if (i % 2 === 0) rig.value('2B8B', liveSegment(bytes));
    }
    rig.run();
    const again = new Rig(sensor.linked(), rig.durable).begin().run();
    expect([again.durable.committed.size, cursor(again)]).toEqual([120, 119]);
  });

  test('is delivered once more and known as such when its link is cut in the midst of the dump', () => {
    const sensor = withStored(40);
    for (let cut = 0; cut < 60; cut += 7) {
      const rig = new Rig(sensor.linked()).begin();
      for (let i = 0; i < cut; i++) rig.next('radio');
      rig.cut().run();
      const again = new Rig(sensor.linked(), rig.durable).begin().run();
      expect([again.durable.committed.size, cursor(again)]).toEqual([40, FIRST + 39]);
    }
  });
});
