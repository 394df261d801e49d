// Whether what comes twice is one record: live and stored alike, and never two that only look the same.
import { expect, test } from 'vitest';
import { characteristic, glucoseRecord, METER, meterAnswers, type StoredRecord, withContext } from './meter.testing.ts';
import { Rig, type RigDevice } from './rig.testing.ts';

function meter(stored: readonly StoredRecord[]): RigDevice {
  return { characteristics: METER, onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes) : []) };
}

const recordKeys = (rig: Rig) => [...rig.durable.committed.keys()].filter((key) => !key.startsWith('-'));

test('the meal beside a record of a meter that counts anew is another meal, though its bytes are the same', () => {
  const first = new Rig(meter([withContext(glucoseRecord(1, 50, 600))])).begin().run();
  expect(recordKeys(first)).toHaveLength(2);
  const reset = new Rig(meter([withContext(glucoseRecord(1, 77, 900))]), first.durable).begin().run();
  expect(recordKeys(reset)).toHaveLength(4);
});

test('a live record and its context are the same when they are dumped, also after a restart', () => {
  const taken = withContext(glucoseRecord(1, 50, 600));
  const first = new Rig(meter([])).begin().run();
  first.fire('stable');
  first.value('2A18', taken.bytes);
  first.value('2A34', taken.beside as Uint8Array);
  first.run();
  expect(recordKeys(first)).toHaveLength(2);
  const again = new Rig(meter([taken]), first.durable).begin().run();
  expect(recordKeys(again)).toHaveLength(2);
  expect(again.durable.duplicates).toBe(2);
});

const OXIMETER = [characteristic('1822', '2A5E', 's'), characteristic('1822', '2A52', 'ws')];
/** 97 %, 72 a minute; `time`: with a time stamp. */
const spotCheck = (time: boolean) =>
  Uint8Array.of(time ? 1 : 0, 97, 0, 72, 0, ...(time ? [0xe9, 7, 5, 21, 10, 30, 45] : []));

test('two live spot checks without a time are two, however equal', () => {
  const rig = new Rig({ characteristics: OXIMETER, onWrite: (_, b) => meterAnswers([], b) }).begin().run();
  rig.value('2A5E', spotCheck(false));
  rig.value('2A5E', spotCheck(false));
  rig.run();
  expect(rig.delivers().map(({ record }) => record)).toEqual([null, null]);
});

test('a live spot check with a time is the same when it is dumped', () => {
  const stored = [{ sequence: 0, bytes: spotCheck(true) }];
  const first = new Rig({ characteristics: OXIMETER, onWrite: (_, b) => meterAnswers([], b) }).begin().run();
  first.value('2A5E', spotCheck(true));
  first.run();
  const onWrite = (_: string, request: Uint8Array) => meterAnswers(stored, request, {}, '2A5E');
  const again = new Rig({ characteristics: OXIMETER, onWrite }, first.durable).begin().run();
  expect(again.durable.duplicates).toBe(1);
  expect(recordKeys(again)).toHaveLength(1);
});
