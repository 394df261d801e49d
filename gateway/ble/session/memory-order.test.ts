// Meters that send by place in their memory, not by number: the newest records may come before the oldest. Nothing is lost
// when the link drops in between.
import { toHex } from '@vitalseal/ledger';
import { expect, test } from 'vitest';
import { glucoseRecord, METER, meterAnswers, type StoredRecord } from './meter.testing.ts';
import { durable, Rig, type RigDevice } from './rig.testing.ts';

const stored = Array.from({ length: 60 }, (_, i) => glucoseRecord(1 + i, 50 + (i % 40)));
/** A ring that is written anew from its beginning: 31 to 60, then 1 to 30. */
const byPlace = (records: readonly StoredRecord[]) => [
  ...records.filter(({ sequence }) => sequence > 30),
  ...records.filter(({ sequence }) => sequence <= 30),
];
const meter: RigDevice = {
  characteristics: METER,
  onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, { order: byPlace }) : []),
};
const records = (rig: Rig) =>
  [...rig.durable.committed.keys()].filter((key) => !key.startsWith('-')).map((key) => Number(key.split(' ')[1]));
const writes = (rig: Rig) => rig.effects.filter((e) => e.kind === 'write').map((e) => toHex(e.bytes));

/** Cut after `count` records, all of them committed. */
function cutAfter(count: number, kept = durable()): Rig {
  const rig = new Rig(meter, kept, { saveEvery: 1 }).begin();
  while (rig.delivers().filter((d) => d.stored).length < count) rig.next('radio');
  while (rig.next('store'));
  rig.cut();
  while (rig.next('store'));
  return rig;
}

test('cut anywhere, once or twice, and in another life: every record is there in the end', () => {
  for (let first = 1; first <= 60; first++) {
    for (const second of [0, 1, 17, 20]) {
      const kept = cutAfter(first).durable;
      if (second > 0 && first < 40) cutAfter(second, kept);
      const last = new Rig(meter, kept, { saveEvery: 1 }).begin().run();
      expect(new Set(records(last)).size, `cut after ${first}, then ${second}`).toBe(60);
    }
  }
});

test('once a dump came to its end, only what is new is asked for', () => {
  const { durable: kept } = cutAfter(25);
  const second = new Rig(meter, kept).begin().run();
  expect(writes(second).slice(1)).toEqual(['0101']);
  expect(writes(new Rig(meter, kept).begin().run())).not.toContain('0101');
});
