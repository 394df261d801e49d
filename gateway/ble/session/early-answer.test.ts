// An answer that comes before the last of its records: BlueZ keeps the order of one characteristic, not of two. A count says
// how many are still to come; where there is none, a short quiet time says that there are no more.
import { toHex } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { decodeCursors } from '../records/cursor.ts';
import { glucoseRecord, METER, type MeterHabits, meterAnswers } from './meter.testing.ts';
import { durable, Rig, type RigDevice } from './rig.testing.ts';
import { changed, observation, Sensor } from './sensor.testing.ts';

const NOON = Date.UTC(2025, 4, 21, 12);
const cursor = (rig: Rig, service: string) =>
  decodeCursors(rig.durable.cursor ?? new Uint8Array())?.get(service)?.sequence;
const writes = (rig: Rig) =>
  rig.effects.flatMap((e) => (e.kind === 'write' && e.uuid === '2A52' ? toHex(e.bytes) : []));
const waits = (rig: Rig) => rig.effects.flatMap((e) => (e.kind === 'timer' && e.id === 'racp' ? e.afterMs : []));

describe('an answer with a count', () => {
  function sensor(count: number): Sensor {
    const made = new Sensor(NOON);
    for (let number = 1; number <= count; number++) made.stored.set(number, observation(95, NOON + number * 1000));
    return made;
  }
  /** The answer comes after the second record. */
  const early = (made: Sensor) =>
    changed(made, (values) => {
      const answer = values.at(-1);
      return answer === undefined || values.length < 3 ? values : values.toSpliced(-1, 1).toSpliced(2, 0, answer);
    });

  test('that overtakes the last records does not end them', () => {
    const rig = new Rig(early(sensor(4))).begin().run();
    expect(rig.delivers().map(({ stored }) => stored)).toEqual([true, true, true, true]);
    expect([rig.state.phase, cursor(rig, '1840'), rig.timers.has('racp')]).toEqual(['live', 4, false]);
  });

  test('leaves them a short time each, and another answer gives them no more', () => {
    const device = changed(early(sensor(5)), (values) => values.slice(0, -1));
    const rig = new Rig(device).begin().run();
    expect(waits(rig)).toEqual([30_000, 30_000, 30_000, 3000, 3000, 3000]);
    rig.value('2A52', Uint8Array.of(8, 0, 5, 0, 0, 0));
    expect(waits(rig)).toHaveLength(6);
  });
});

describe('an answer without a count', () => {
  const newestFirst: MeterHabits = { order: (records) => records.toSorted((a, b) => b.sequence - a.sequence) };
  const RECORDS = Array.from({ length: 20 }, (_, i) => glucoseRecord(1 + i, 50 + i));

  /** Newest first, and the answer before the last `late` of them. */
  function meter(late: number, habits = newestFirst): RigDevice {
    const onWrite = (uuid: string, request: Uint8Array) => {
      if (uuid !== '2A52') return [];
      const values = meterAnswers(RECORDS, request, habits);
      const answer = values.at(-1);
      if (answer === undefined) return [];
      return values.slice(0, -1).toSpliced(Math.max(0, values.length - 1 - late), 0, answer);
    };
    return { characteristics: METER, onWrite };
  }
  const numbers = (rig: Rig) =>
    new Set([...rig.durable.committed.keys()].filter((key) => key.startsWith('2A18')).map((key) => key.split(' ')[1]));
  /** Until the answer has come, and `more` values after it. */
  function answered(rig: Rig, more = 0): Rig {
    for (rig.begin(); !rig.isQuiet(); ) rig.next('radio');
    for (let i = 0; i < more; i++) rig.next('radio');
    while (rig.next('store'));
    return rig;
  }

  test('that overtakes the last records does not end them', () => {
    const rig = new Rig(meter(2)).begin().run();
    expect(rig.delivers().filter(({ stored }) => !stored)).toMatchObject([{ uuid: '2A19' }]);
    expect([numbers(rig).size, cursor(rig, '1808')]).toEqual([20, 20]);
    expect(waits(rig).slice(-4)).toEqual([30_000, 250, 250, 250]);
  });

  test.each([0, 1, 2])('and a cut before it was quiet, after %i values: that was not all', (more) => {
    const rig = answered(new Rig(meter(2)), more);
    rig.cut().run();
    expect(cursor(rig, '1808')).toBeUndefined();
    const again = new Rig(meter(2), rig.durable).begin().run();
    expect([numbers(again).size, cursor(again, '1808')]).toEqual([20, 20]);
  });

  test('and a cut before it was quiet, of a device that keeps the order: it goes on from there', () => {
    const rig = answered(new Rig(meter(0, {})));
    rig.cut().run();
    expect(cursor(rig, '1808')).toBe(19);
    const again = new Rig(meter(0, {}), rig.durable).begin().run();
    expect([writes(again)[0], numbers(again).size, cursor(again, '1808')]).toEqual(['0103011300', 20, 20]);
  });

  test('and a cut at once, whenever it is asked: what came is all, some day', () => {
    const kept = durable();
    const rig = new Rig(meter(1), kept);
    for (let link = 0; link < 4; link++) {
      expect(cursor(rig, '1808')).toBeUndefined();
      answered(rig).cut().run();
      if (rig.state.phase === 'waiting') rig.fire('retry');
    }
    expect(cursor(rig, '1808')).toBe(20);
    expect(rig.state.tornDumps.get('1808')).toBe(0);
  });

  test('ends as soon as it is quiet, though the request itself is not answered yet', () => {
    const rig = new Rig(meter(0));
    rig.interfere = ({ kind }) => (kind === 'write' ? null : undefined);
    rig.begin().run();
    for (const [uuid, bytes] of meterAnswers(RECORDS, Uint8Array.of(1, 1))) rig.value(uuid, bytes);
    rig.fire('racp').run();
    expect([cursor(rig, '1808'), rig.timers.has('racp')]).toEqual([20, false]);
  });

  test.each([
    ['none are there', 6],
    ['the request is not known', 2],
    ['it gave up', 8],
  ])('that says that %s is the end at once', (_, value) => {
    const device = { characteristics: METER, onWrite: () => [['2A52', Uint8Array.of(6, 0, 1, value)] as const] };
    const rig = new Rig(device).begin().run();
    expect([rig.state.phase, waits(rig)]).toEqual(['live', [30_000]]);
  });

  test('to an abort: what is still in the air is not taken for what is asked for next', () => {
    const other = RECORDS.map(({ sequence }) => glucoseRecord(sequence, 90));
    const first = new Rig(meter(0, {})).begin().run();
    const device: RigDevice = {
      characteristics: METER,
      onWrite: (uuid, request) => {
        if (uuid !== '2A52') return [];
        if (request[0] === 3)
          return [
            ['2A52', Uint8Array.of(6, 0, 3, 1)],
            ['2A18', glucoseRecord(21, 90).bytes],
          ];
        return request[1] === 3 ? [['2A18', glucoseRecord(20, 90).bytes]] : meterAnswers(other, request);
      },
    };
    const rig = new Rig(device, first.durable).begin();
    while (!rig.isQuiet()) rig.next('radio');
    expect(writes(rig)).toEqual(['0103011400', '0300']);
    rig.run();
    expect(writes(rig)).toEqual(['0103011400', '0300', '0101']);
    expect([rig.state.dumps[0]?.received, cursor(rig, '1808')]).toEqual([20, 20]);
  });

  test('to an abort that is refused: the end of the records is waited for', () => {
    const first = new Rig(meter(0, {})).begin().run();
    const said = (to: number, value: number) => ['2A52', Uint8Array.of(6, 0, to, value)] as const;
    const rig = new Rig(
      {
        characteristics: METER,
        onWrite: (uuid, request) => {
          if (uuid !== '2A52') return [];
          if (request[0] === 3) return [said(3, 2)];
          return request[1] === 3 ? [['2A18', glucoseRecord(20, 90).bytes]] : [said(1, 6)];
        },
      },
      first.durable,
    );
    rig.begin().run();
    rig.value('2A18', glucoseRecord(21, 90).bytes);
    expect([writes(rig), waits(rig).at(-1)]).toEqual([['0103011400', '0300'], 30_000]);
    rig.value(...said(1, 1));
    rig.run();
    expect(writes(rig)).toEqual(['0103011400', '0300', '0101']);
  });
});
