// Stored records of a health sensor that do not come, or not whole: the count at the end says that there were more. They are
// asked for again, the cursor never passes them, and what never comes is given up some day.
import { toHex } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { decodeCursors } from '../records/cursor.ts';
import { glucoseRecord, METER } from './meter.testing.ts';
import { Rig, type RigDevice } from './rig.testing.ts';
import { changed, isRecord, liveSegment, observation, once, SENSOR, Sensor } from './sensor.testing.ts';

const NOON = Date.UTC(2025, 4, 21, 12);

/** With the records `from` to `to`. */
function withStored(to: number, from = 1, sensor = new Sensor(NOON)): Sensor {
  for (let number = from; number <= to; number++) sensor.stored.set(number, observation(95, NOON + number * 1000));
  return sensor;
}

const cursor = (rig: Rig, service = '1840') =>
  decodeCursors(rig.durable.cursor ?? new Uint8Array())?.get(service)?.sequence;
const kept = (rig: Rig) => [...rig.durable.committed.values()].map(toHex).toSorted();

describe('records that are not whole', () => {
  const THREE = [1, 2, 3].map((number) => observation(94 + number, NOON + number * 1000));
  /** Three records, each in two segments, of which some do not come. */
  function torn(missing: readonly number[]): RigDevice {
    const segments = THREE.flatMap((bytes, i) => {
      const whole = Uint8Array.of(1 + i, 0, 0, 0, ...bytes);
      const [first, last] = [0b01 | ((2 * i) << 2), 0b10 | ((2 * i + 1) << 2)];
      return [Uint8Array.of(first, ...whole.subarray(0, 19)), Uint8Array.of(last, ...whole.subarray(19))];
    });
    const values = segments.filter((_, i) => !missing.includes(i)).map((bytes) => ['2BDD', bytes] as const);
    const onWrite = (uuid: string) =>
      uuid === '2A52' ? [...values, ['2A52', Uint8Array.of(8, 0, 3, 0, 0, 0)] as const] : [];
    return { characteristics: SENSOR, reads: new Sensor(NOON).reads, onWrite };
  }

  test.each([
    ['all came', [], 3, 3],
    ['a piece did not come', [3], 2, undefined],
    ['one did not come at all', [2, 3], 2, undefined],
  ])('%s: the cursor goes no further, and they are asked for again', (_, missing, count, at) => {
    const rig = new Rig(torn(missing)).begin().run();
    if (missing.length > 0) rig.fire('racp').run();
    expect([rig.durable.committed.size, cursor(rig)]).toEqual([count, at]);
    expect(rig.timers.has('records')).toBe(at === undefined);
    const whole = new Rig(torn([]), rig.durable).begin().run();
    expect([kept(whole), cursor(whole)]).toEqual([THREE.map(toHex).toSorted(), 3]);
  });

  test('time and again are given up: what comes after them counts', () => {
    const rig = new Rig(torn([3])).begin().run();
    for (let dumps = 1; dumps < 4; dumps++) {
      rig.fire('racp').run();
      expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([undefined, 1]);
      rig.fire('records').run();
    }
    rig.fire('racp').run();
    expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([3, 0]);
    expect(rig.durable.quarantined).toHaveLength(4);
  });

  test.each([
    ['after', 1],
    ['before', 0],
  ])('because they were aborted in the midst, %s the first record, are no gap in the ones that follow', (_, at) => {
    const before = new Rig(withStored(15, 11)).begin().run();
    const other = ['2BDD', liveSegment(Uint8Array.of(9, 9, 9, 9, ...observation(91, NOON)))] as const;
    const piece = ['2BDD', Uint8Array.of(at === 0 ? 0b10 : 0b01, 1, 0, 0, 0)] as const;
    const sensor = changed(withStored(3), (values, request) =>
      request[1] === 3 ? [other].toSpliced(at, 0, piece) : values,
    );
    const rig = new Rig(sensor, before.durable).begin().run();
    expect([rig.state.phase, cursor(rig), rig.state.link?.incomplete.size]).toEqual(['live', 3, 0]);
  });

  test('are not passed in mid-dump', () => {
    const sensor = changed(withStored(60), (values) =>
      values.slice(0, -1).map((v) => (isRecord(v, 30) ? ['2BDD', Uint8Array.of(0b01, 30, 0, 0, 0)] : v)),
    );
    const rig = new Rig(sensor, undefined, { saveEvery: 1 }).begin().run();
    expect(cursor(rig)).toBe(28);
    rig.cut().run();
    expect(cursor(rig)).toBe(28);
  });
});

/** Three records are kept already; of the others the notification of one gets lost, once. */
function losesOnce(
  to: number,
  missing: number,
  change: (values: ReturnType<Sensor['onWrite']>) => typeof values = (v) => v,
) {
  const sensor = withStored(3);
  const { durable } = new Rig(sensor).begin().run();
  withStored(to, 4, sensor.linked());
  changed(
    sensor,
    once((values) => change(values.filter((value) => !isRecord(value, missing)))),
  );
  return { sensor, durable };
}

describe('a record that did not come, of those from the cursor on', () => {
  test.each([
    ['are committed at once', true],
    ['are committed late', false],
  ])('is asked for again, however far the cursor was in mid-dump when others %s', (_, isPrompt) => {
    const { sensor, durable } = losesOnce(203, 30);
    const rig = new Rig(sensor, durable).begin();
    while (rig.next('radio')) if (isPrompt) rig.next('store');
    rig.fire('racp').run();
    expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([3, 1]);
    rig.fire('records').run();
    expect([cursor(rig), rig.durable.committed.size]).toEqual([203, 203]);
  });

  test.each([
    ['while it was waited for', 43, (values: ReturnType<Sensor['onWrite']>) => values],
    ['before the answer', 203, (values: ReturnType<Sensor['onWrite']>) => values.slice(0, -1)],
  ])('is asked for again when the link dropped %s', (_, to, change) => {
    const { sensor, durable } = losesOnce(to, 30, change);
    const rig = new Rig(sensor, durable).begin().run();
    rig.cut().run();
    const again = new Rig(sensor.linked(), rig.durable).begin().run();
    expect([cursor(again), again.durable.committed.size]).toEqual([to, to]);
  });

  test('is asked for again when the process dies before the answer', () => {
    const { sensor, durable } = losesOnce(203, 30);
    const rig = new Rig(sensor, durable).begin();
    while (rig.delivers().length < 190) {
      rig.next('radio');
      rig.next('store');
    }
    expect(cursor(rig)).toBeGreaterThan(30);
    const again = new Rig(sensor.linked(), rig.durable).begin().run();
    expect([cursor(again), again.durable.committed.size]).toEqual([203, 203]);
  });

  test.each([
    ['that it gave up', Uint8Array.of(6, 0, 7, 8)],
    ['that all were sent', Uint8Array.of(6, 0, 7, 1)],
    ['that there were fewer', Uint8Array.of(8, 0, 1, 0, 0, 0)],
    ['that there are none', Uint8Array.of(6, 0, 7, 6)],
  ])('is asked for again when the device says twice, and then %s', (_, answer) => {
    const { sensor, durable } = losesOnce(43, 30);
    const rig = new Rig(sensor, durable).begin().run();
    rig.value('2A52', answer);
    rig.run();
    if (rig.timers.has('racp')) rig.fire('racp').run();
    expect(cursor(rig)).toBe(3);
    rig.fire('records').run();
    expect([cursor(rig), rig.durable.committed.size]).toEqual([43, 43]);
  });
});

test('a record that is told twice in a row stands for no other that did not come', () => {
  const sensor = changed(
    withStored(5),
    once((values) =>
      values.flatMap((value) => (isRecord(value, 3) ? [] : isRecord(value, 2) ? [value, value] : [value])),
    ),
  );
  const rig = new Rig(sensor).begin().run();
  rig.fire('racp').run();
  expect(cursor(rig)).toBeUndefined();
  rig.fire('records').run();
  expect([cursor(rig), rig.durable.committed.size]).toEqual([5, 5]);
});

test('a record that is told twice in a row and is the cursor’s stands for none either', () => {
  const { durable } = new Rig(withStored(3)).begin().run();
  const sensor = changed(
    withStored(5),
    once((values) => values.flatMap((v) => (isRecord(v, 4) ? [] : isRecord(v, 3) ? [v, v] : [v]))),
  );
  const rig = new Rig(sensor, durable).begin().run();
  rig.fire('racp').run();
  expect(cursor(rig)).toBe(3);
});

test('a record that cannot be decoded has come, as the device counts', () => {
  const sensor = withStored(3);
  sensor.stored.set(2, Uint8Array.of(1, 1, 0, 0));
  const rig = new Rig(sensor).begin().run();
  expect([rig.durable.quarantined.length, cursor(rig), rig.timers.has('racp')]).toEqual([1, 3, false]);
});

test('a live observation that is torn in the midst of a dump is no gap in it', () => {
  const halves = [0b001, 0b101].map((head) => ['2B8B', Uint8Array.of(head, 1, 2, 3)] as const);
  const rig = new Rig(changed(withStored(3), (values) => values.toSpliced(1, 0, ...halves))).begin().run();
  expect(rig.effects.filter(({ kind }) => kind === 'quarantine')).toMatchObject([{ uuid: '2B8B', token: null }]);
  expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([3, 0]);
});

/** The second record comes in pieces of which the last does not come, while `habits.tears`. */
function tearing(): { readonly sensor: Sensor; readonly habits: { tears: boolean } } {
  const habits = { tears: true };
  const sensor = changed(withStored(3), (values) =>
    values.map((value) =>
      habits.tears && isRecord(value, 2) ? ['2BDD', Uint8Array.of(0b01, ...value[1].subarray(1, 15))] : value,
    ),
  );
  return { sensor, habits };
}

describe('what does not come time and again', () => {
  test('is given up once its pieces are committed, like any record', () => {
    const rig = new Rig(tearing().sensor, undefined, { tornDumps: 0 }).begin();
    while (rig.next('radio'));
    rig.fire('racp');
    while (rig.next('radio'));
    for (let commits = 0; commits < 2; commits++) rig.next('store');
    expect(rig.state.cursors?.get('1840')).toBeUndefined();
    expect(cursor(rig.run())).toBe(3);
  });

  test('is not given up when a dump was whole in between', () => {
    const { sensor, habits } = tearing();
    const rig = new Rig(sensor).begin().run();
    rig.fire('racp').run().fire('records').run().fire('racp').run();
    habits.tears = false;
    rig.fire('records').run();
    expect(cursor(rig)).toBe(3);
    withStored(5, 4, sensor.linked());
    rig.cut();
    changed(sensor, (values) => values.filter((value) => !isRecord(value, 4)));
    rig.begin().run().fire('racp').run();
    expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([3, 1]);
  });

  test('is given up also where the device hangs up right after its answer', () => {
    const sensor = changed(withStored(5), (values) => values.filter((value) => !isRecord(value, 2)));
    const rig = new Rig(sensor);
    for (let link = 0; link < 4; link++) {
      expect(cursor(rig)).toBeUndefined();
      rig.begin().run();
      rig.cut().run();
      sensor.linked();
    }
    expect(cursor(rig)).toBe(5);
    // And what is missing after that is asked for as often.
    withStored(9, 6, sensor);
    changed(sensor, (values) => values.filter((value) => !isRecord(value, 7)));
    rig.begin().run().cut().run();
    expect(cursor(rig)).toBe(5);
  });

  test('is given up though the link drops before an answer now and then', () => {
    const { sensor } = tearing();
    const rig = new Rig(sensor).begin().run();
    rig.fire('racp').run().fire('records').run().fire('racp').run().fire('records');
    const before = rig.delivers().length;
    while (rig.delivers().length === before) rig.next('radio');
    rig.cut().run();
    sensor.linked();
    rig.begin().run().fire('racp').run();
    expect(cursor(rig)).toBeUndefined();
    rig.fire('records').run().fire('racp').run();
    expect(cursor(rig)).toBe(3);
  });

  test('is not given up for dumps that were aborted', () => {
    const before = new Rig(withStored(15, 11)).begin().run();
    const { sensor } = tearing();
    sensor.stored.set(20, observation(95, NOON));
    changed(sensor, (values, request) => (request[1] === 3 ? values.slice(0, 1) : values));
    const rig = new Rig(sensor, before.durable);
    for (let link = 0; link < 3; link++) {
      rig.begin();
      for (let i = 0; i < 40 && !rig.isQuiet(); i++) rig.next('radio');
      expect(rig.isQuiet()).toBe(true);
      rig.cut().run();
      if (rig.timers.has('retry')) rig.fire('retry');
    }
    rig.begin().run().fire('racp').run();
    expect([cursor(rig), rig.state.link?.incomplete.size]).toEqual([15, 1]);
  });

  test('of one service says nothing of another', () => {
    const characteristics = [...METER.filter(({ service }) => service === '1808'), ...SENSOR];
    const rig = new Rig({ characteristics }).begin().run();
    const say = (handle: string, ...bytes: readonly number[]) =>
      void rig.put({ kind: 'value', handle, bytes: Uint8Array.from(bytes) });
    say('1808/2A52', 6, 0, 1, 6);
    rig.run();
    for (let dumps = 0; dumps < 3; dumps++) {
      expect(rig.state.link?.dumping).toBe('1840');
      say('1840/2A52', 8, 0, 1, 0, 0, 0);
      rig.fire('racp').run();
      // Asked for beside it from then on.
      if (rig.state.link?.dumping === '1808') say('1808/2A52', 6, 0, 1, 6);
      rig.run().fire('records').run();
    }
    rig.cut().fire('retry').begin().run();
    expect(rig.state.tornDumps.get('1840')).toBe(3);
    expect(rig.state.link?.dumping).toBe('1808');
    for (const number of [3, 2]) say('1808/2A18', ...glucoseRecord(number, 50).bytes);
    say('1808/2A52', 6, 0, 1, 1);
    rig.cut().run();
    expect(cursor(rig, '1808')).toBeUndefined();
  });
});
