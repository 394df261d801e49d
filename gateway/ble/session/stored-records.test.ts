// Stored records through the whole session: cuts and crashes at every position lose nothing and give nothing twice, and
// the cursor is never ahead of a commit.
import { fromHex, toHex } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursors } from '../records/cursor.ts';
import {
  cgmRecord,
  glucoseRecord,
  METER,
  type MeterHabits,
  MONITOR,
  meterAnswers,
  type StoredRecord,
  withContext,
} from './meter.testing.ts';
import { durable, Rig, type RigDevice } from './rig.testing.ts';

const records = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => glucoseRecord(from + i, 50 + (i % 40)));

function meter(stored: readonly StoredRecord[], habits: MeterHabits = {}): RigDevice {
  return {
    characteristics: METER,
    onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, habits) : []),
  };
}

const writes = (rig: Rig) => rig.effects.filter((e) => e.kind === 'write').map((e) => toHex(e.bytes));
const recordKeys = (rig: Rig) => [...rig.durable.committed.keys()].filter((key) => !key.startsWith('-'));
const committed = (rig: Rig) =>
  recordKeys(rig)
    .map((key) => toHex(rig.durable.committed.get(key) as Uint8Array))
    .toSorted();
const wanted = (stored: readonly StoredRecord[]) =>
  stored
    .flatMap(({ bytes, beside }) => (beside === undefined ? [bytes] : [bytes, beside]))
    .map(toHex)
    .toSorted();

/** Every record up to the cursor, in the order of the device, is committed at the moment of the save. */
function guard(rig: Rig, stored: readonly StoredRecord[], service = '1808'): Rig {
  rig.onSave = (bytes) => {
    const cursor = decodeCursors(bytes)?.get(service);
    if (cursor === undefined) return;
    const kept = new Set([...rig.durable.committed.values()].map(toHex));
    const missing = stored.filter((r) => r.sequence <= cursor.sequence && !kept.has(toHex(r.bytes)));
    expect(missing, `cursor at ${cursor.sequence}`).toEqual([]);
  };
  return rig;
}

describe('what is asked for', () => {
  test('all records first, then from the last one on, which is not delivered again', () => {
    const first = new Rig(meter(records(5))).begin().run();
    expect(writes(first)).toEqual(['0101']);
    expect(first.delivers().filter((d) => d.stored)).toHaveLength(5);
    expect(first.state.phase).toBe('live');

    const again = new Rig(meter(records(7)), first.durable).begin().run();
    expect(writes(again)).toEqual(['0103010500']);
    expect(
      again
        .delivers()
        .filter((d) => d.stored)
        .map((d) => d.record?.sequence),
    ).toEqual([6, 7]);
    expect(committed(again)).toEqual(wanted(records(7)));
    expect(again.durable.duplicates).toBe(0);
  });

  test('nothing new: one request, nothing delivered, no save', () => {
    const first = new Rig(meter(records(5))).begin().run();
    const again = new Rig(meter(records(5)), first.durable).begin().run();
    expect(again.delivers().filter((d) => d.stored)).toEqual([]);
    expect(again.effects.some((e) => e.kind === 'saveCursor')).toBe(false);
  });

  test.each([
    ['a reset meter with fewer records', records(3).map((r) => glucoseRecord(r.sequence, 77)), ['0103010500', '0101']],
    [
      'a reset meter with as many',
      records(9).map((r) => glucoseRecord(r.sequence, 77)),
      ['0103010500', '0300', '0101'],
    ],
    ['an emptied meter', [], ['0103010500', '0101']],
    ['a meter that dropped its oldest', records(9).slice(6), ['0103010500', '0300', '0101']],
  ])('%s is dumped whole', (_, later, requests) => {
    const first = new Rig(meter(records(5))).begin().run();
    const again = new Rig(meter(later), first.durable).begin().run();
    expect(writes(again)).toEqual(requests);
    expect(again.state.phase).toBe('live');
    for (const hex of wanted(later)) expect(committed(again)).toContain(hex);
    expect(decodeCursors(again.durable.cursor as Uint8Array)?.get('1808')?.sequence).toBe(later.at(-1)?.sequence ?? 5);
  });

  test('a meter that knows no "greater or equal" is asked for all, and the inbox knows what it has', () => {
    const first = new Rig(meter(records(5), { allOnly: true })).begin().run();
    const again = new Rig(meter(records(6), { allOnly: true }), first.durable).begin().run();
    expect(writes(again)).toEqual(['0103010500', '0101']);
    expect(again.durable.duplicates).toBe(5);
    expect(committed(again)).toEqual(wanted(records(6)));
  });

  test('a meter that cannot abort is let finish', () => {
    const first = new Rig(meter(records(5))).begin().run();
    const other = records(9).map((r) => glucoseRecord(r.sequence, 77));
    const again = new Rig(meter(other, { unabortable: true }), first.durable).begin().run();
    expect(writes(again)).toEqual(['0103010500', '0300', '0101']);
    expect(again.state.phase).toBe('live');
  });

  test('no records at all is success', () => {
    const rig = new Rig(meter([])).begin().run();
    expect(rig.notes).toContain('records-complete');
    expect(rig.state.phase).toBe('live');
  });

  test.each([
    [
      'by age',
      (r: readonly StoredRecord[]) => [...r.filter((x) => x.sequence > 1000), ...r.filter((x) => x.sequence <= 1000)],
    ],
    ['by number', (r: readonly StoredRecord[]) => r.toSorted((a, b) => a.sequence - b.sequence)],
  ])('sequence numbers that begin again at 0, sent %s', (_, order) => {
    const before = records(40, 65_490).filter((r) => r.sequence <= 65_500);
    const after = [...records(46, 65_490), ...records(20, 0)];
    const first = new Rig(meter(before, { order })).begin().run();
    const second = new Rig(meter(after, { order }), first.durable).begin().run();
    // So near to the end of the numbers, "greater or equal" would not reach what comes after it.
    expect(writes(second)).toEqual(['0101']);
    expect(committed(second)).toEqual(wanted(after));
    expect(decodeCursors(second.durable.cursor as Uint8Array)?.get('1808')?.sequence).toBe(19);
    const more = [...after, ...records(3, 20)];
    const third = new Rig(meter(more, { order }), second.durable).begin().run();
    expect(committed(third)).toEqual(wanted(more));
  });

  test('the wrap is passed in one connection, however far before it the cursor was', () => {
    const first = new Rig(meter(records(3, 65_000))).begin().run();
    const after = [...records(536, 65_000), ...records(30, 0)];
    const second = new Rig(meter(after), first.durable).begin().run();
    expect(writes(second)).toEqual(['010301eafd', '0101']);
    expect(committed(second)).toEqual(wanted(after));
  });

  test('a device that turns out to keep no order is dumped whole', () => {
    const first = new Rig(meter(records(5))).begin().run();
    const mixed = [5, 9, 7, 8, 6, 2, 1, 3, 4].map((n) => records(9)[n - 1] as StoredRecord);
    const again = new Rig(meter(mixed, { order: (r) => r }), first.durable).begin().run();
    expect(writes(again)).toEqual(['0103010500', '0101']);
    expect(decodeCursors(again.durable.cursor as Uint8Array)?.get('1808')).toMatchObject({
      sequence: 9,
      unordered: true,
    });
  });

  test('a damaged cursor means all records', () => {
    const first = new Rig(meter(records(5))).begin().run();
    first.durable.cursor = fromHex('8201a1');
    const again = new Rig(meter(records(5)), first.durable).begin().run();
    expect(writes(again)).toEqual(['0101']);
    expect(again.notes).toContain('cursor-damaged');
    expect(again.durable.duplicates).toBe(5);
  });

  test('a record that cannot be decoded is quarantined, and passed', () => {
    const broken = { sequence: 3, bytes: Uint8Array.of(0b110, 3, 0) };
    const stored = [...records(2), broken, ...records(2, 4)];
    const rig = new Rig(meter(stored)).begin().run();
    expect(rig.durable.quarantined.map(toHex)).toEqual(['060300']);
    expect(decodeCursors(rig.durable.cursor as Uint8Array)?.get('1808')?.sequence).toBe(5);
  });
});

describe('continuous monitor', () => {
  const start = (day: number) => Uint8Array.of(0xe9, 0x07, 5, day, 10, 30, 0, 4, 0);
  const monitor = (stored: readonly StoredRecord[], day: number): RigDevice => ({
    characteristics: MONITOR,
    reads: { '2AAA': start(day) },
    onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, {}, '2AA7') : []),
  });
  const minutes = (count: number) => Array.from({ length: count }, (_, i) => cgmRecord(i * 5, 100 + i));

  test('asks from its time offset on within a session, and for all of a new one', () => {
    const first = new Rig(monitor(minutes(10), 21)).begin().run();
    const second = new Rig(monitor(minutes(12), 21), first.durable).begin().run();
    const third = new Rig(monitor(minutes(3), 25), second.durable).begin().run();
    expect([writes(first), writes(second), writes(third)]).toEqual([['0101'], ['0103012d00'], ['0101']]);
    // The same offsets and values of another session are other records.
    expect(recordKeys(third)).toHaveLength(15);
  });

  test('a live reading neither moves the cursor nor is another one when it comes by RACP', () => {
    const first = new Rig(monitor(minutes(10), 21)).begin().run();
    const cursor = first.durable.cursor;
    first.value('2AA7', cgmRecord(60, 112).bytes);
    first.run();
    expect(first.durable.cursor).toBe(cursor);
    expect(first.delivers().at(-1)).toMatchObject({ stored: false, token: null });
    const second = new Rig(monitor([...minutes(12), cgmRecord(60, 112)], 21), first.durable).begin().run();
    expect(second.durable.duplicates).toBe(1);
    expect(recordKeys(second)).toHaveLength(13);
  });

  test('a live reading between records of the past does not carry the cursor away', () => {
    const stored = minutes(40);
    const rig = guard(new Rig(monitor(stored, 21), durable(), { saveEvery: 1 }), stored, '181F').begin();
    while (rig.delivers().length < 10) rig.next('radio');
    rig.value('2AA7', cgmRecord(1000, 99).bytes);
    while (rig.next('store'));
    rig.cut();
    while (rig.next('store'));
    const again = new Rig(monitor(stored, 21), rig.durable).begin().run();
    expect([...again.durable.committed.keys()]).toHaveLength(41);
  });
});

test('a pulse oximeter: all spot checks at each connection, recognised though they have no number', () => {
  const spot = (minute: number, percent: number) => ({
    sequence: 0,
    bytes: Uint8Array.of(1, percent, 0, 60, 0, 0xe9, 0x07, 5, 21, 10, minute, 0),
  });
  const stored = [spot(1, 97), spot(2, 97), spot(3, 96)];
  const device: RigDevice = {
    characteristics: METER.map((c) =>
      c.service === '1808'
        ? { ...c, service: '1822', uuid: c.uuid === '2A18' ? '2A5E' : c.uuid === '2A34' ? '2A5F' : c.uuid }
        : c,
    ),
    onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, {}, '2A5E') : []),
  };
  const first = new Rig(device).begin().run();
  const second = new Rig(device, first.durable).begin().run();
  expect([writes(first), writes(second)]).toEqual([['0101'], ['0101']]);
  expect(recordKeys(second)).toHaveLength(3);
  expect(second.durable.duplicates).toBe(3);
  // A link that brings nothing but what is asked for each time is no reason to come back at once.
  expect(second.state.link?.useful).toBe(false);
});

test('a dump that was cut goes on where it was, also between two saves', () => {
  const rig = new Rig(meter(records(40))).begin();
  while (rig.delivers().filter((d) => d.stored).length < 20) rig.next('radio');
  rig.cut();
  while (rig.next('store'));
  const again = new Rig(meter(records(40)), rig.durable).begin().run();
  // All are asked for once more, since nobody knows whether the meter sends its oldest first.
  expect(writes(again)).toEqual(['0103011300', '0101']);
  expect(committed(again)).toEqual(wanted(records(40)));
  expect(again.durable.duplicates).toBe(1 + 40);
  expect(writes(new Rig(meter(records(40)), rig.durable).begin().run())).toEqual(['0103012800']);
});

test('what is in quarantine holds the cursor until it is committed, like any record', () => {
  const broken = { sequence: 3, bytes: Uint8Array.of(0b110, 3, 0) };
  const rig = new Rig(meter([...records(2), broken, ...records(2, 4)])).begin();
  while (rig.next('radio'));
  const tokens = rig.effects.flatMap((e) => (e.kind === 'deliver' || e.kind === 'quarantine' ? (e.token ?? []) : []));
  expect(tokens).toHaveLength(5);
  for (const token of tokens.slice(0, -1)) rig.put({ kind: 'delivered', token });
  expect(rig.effects.some((e) => e.kind === 'saveCursor')).toBe(false);
  rig.put({ kind: 'delivered', token: tokens.at(-1) as number });
  expect(rig.effects.some((e) => e.kind === 'saveCursor')).toBe(true);
});

describe('cuts and crashes at every position', () => {
  const stored = records(30).map((r) => (r.sequence % 3 === 0 ? withContext(r) : r));

  test.each([1, 4, 64])('saving every %i records', (saveEvery) => {
    for (const how of ['cut', 'crash'] as const) {
      for (let position = 1; position <= 60; position++) {
        for (const lag of [0, 3, 1000]) {
          const kept = durable();
          let rig = guard(new Rig(meter(stored), kept, { saveEvery }), stored).begin();
          for (let i = 0; i < position + 12 && rig.next('radio'); i++) if (i % (lag + 1) === lag) rig.next('store');
          if (how === 'crash') rig = guard(new Rig(meter(stored), kept, { saveEvery }), stored);
          else {
            rig.cut();
            if (rig.state.phase === 'waiting') rig.fire('retry');
          }
          rig.begin().run();
          expect(committed(rig), `${how} at ${position}, lag ${lag}`).toEqual(wanted(stored));
          expect(rig.state.phase).toBe('live');
        }
      }
    }
  });

  test('any number of cuts and crashes, new records meanwhile, a store that lags', () => {
    const story = fc.array(
      fc.record({
        radio: fc.integer({ min: 0, max: 60 }),
        store: fc.integer({ min: 0, max: 40 }),
        crash: fc.boolean(),
        added: fc.integer({ min: 0, max: 8 }),
      }),
      { maxLength: 8 },
    );
    const run = (chapters: typeof story extends fc.Arbitrary<infer T> ? T : never, saveEvery: number, from: number) => {
      const all = records(20, from);
      const device = meter(all);
      const kept = durable();
      let rig = guard(new Rig(device, kept, { saveEvery }), all);
      for (const { radio, store, crash, added } of chapters) {
        if (rig.state.phase === 'waiting') rig.fire('retry');
        rig.begin();
        for (let i = 0; i < radio; i++) rig.next('radio');
        for (let i = 0; i < store; i++) rig.next('store');
        if (crash) rig = guard(new Rig(device, kept, { saveEvery }), all);
        else rig.cut();
        all.push(...records(added, from + all.length));
      }
      if (rig.state.phase === 'waiting') rig.fire('retry');
      rig.begin().run();
      expect(committed(rig)).toEqual(wanted(all));
    };
    fc.assert(fc.property(story, fc.constantFrom(1, 5, 64), fc.constantFrom(0, 1, 30_000), run), { numRuns: 300 });
  });

  test('a device that sends in no order is dumped whole until a dump came to its end', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(records(25), { minLength: 25 }),
        fc.integer({ min: 1, max: 45 }),
        (mixed, position) => {
          const device = meter(mixed, { order: (r) => r });
          const rig = new Rig(device).begin();
          for (let i = 0; i < position; i++) rig.next('radio');
          while (rig.next('store'));
          rig.cut();
          if (rig.state.phase === 'waiting') rig.fire('retry');
          rig.begin().run();
          expect(committed(rig)).toEqual(wanted(mixed));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('a record that the inbox does not keep holds the cursor, and is asked for again', () => {
  const rig = new Rig(meter(records(5))).begin();
  while (rig.next('radio'));
  const tokens = rig
    .delivers()
    .filter((d) => d.stored)
    .map((d) => d.token as number);
  rig.put({ kind: 'undelivered', token: tokens[2] as number, code: 'disk_full' });
  for (const token of tokens) if (token !== tokens[2]) rig.put({ kind: 'delivered', token });
  expect(rig.effects.filter((e) => e.kind === 'saveCursor')).toEqual([]);
  rig.fire('records').run();
  expect(writes(rig)).toEqual(['0101', '0101']);
  expect(decodeCursors(rig.durable.cursor as Uint8Array)?.get('1808')?.sequence).toBe(5);
});

test('more on their way than the inbox takes: the link is dropped, not the memory filled', () => {
  const rig = new Rig(meter(records(50)), durable(), { unsettled: 20 }).begin();
  while (rig.next('radio'));
  expect(rig.state.problem).toBe('rate_exceeded');
  expect(rig.state.phase).toBe('waiting');
});

test('a session that has ended saves no cursor, whatever is committed late', () => {
  const rig = new Rig(meter(records(5))).begin();
  while (rig.next('radio'));
  rig.put({ kind: 'stop' });
  while (rig.next('radio'));
  expect(rig.state.phase).toBe('stopped');
  rig.run();
  expect(committed(rig)).toHaveLength(5);
  expect(rig.durable.cursor).toBe(null);
});
