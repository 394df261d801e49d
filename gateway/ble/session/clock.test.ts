// What a session makes of a device's clock: whose look stands beside a reading, and when the clock is set.
import { CONTEXT } from '@vitalseal/ledger';
import { expect, test } from 'vitest';
import { cgmRecord, characteristic, glucoseRecord, METER, MONITOR, meterAnswers } from './meter.testing.ts';
import { Rig, type RigDevice } from './rig.testing.ts';

/** Current Time: an hour and seven minutes behind the rig's clock. */
const BEHIND = Uint8Array.of(0xe9, 7, 5, 21, 10, 53, 0, 3, 0, 0);
const sets = (rig: Rig) => rig.effects.filter(({ kind }) => kind === 'setClock').length;

test('a clock that does not answer this time leaves no older look beside the readings', () => {
  const device: RigDevice = {
    characteristics: [characteristic('1805', '2A2B', 'r'), ...MONITOR],
    reads: { '2A2B': BEHIND, '2AAA': Uint8Array.of(0xe9, 7, 5, 21, 8, 0, 0, 0, 0) },
    onWrite: (_, bytes) => meterAnswers([], bytes),
  };
  const rig = new Rig(device).begin().run();
  rig.value('2AA7', cgmRecord(1, 100).bytes);
  expect(rig.delivers().at(-1)?.extra?.has(CONTEXT.clockOffsetMs)).toBe(true);
  rig.cut();
  rig.interfere = (effect) => (effect.kind === 'read' && effect.uuid === '2A2B' ? 'device_refused' : undefined);
  rig.begin().run();
  expect(rig.state.phase).toBe('live');
  rig.value('2AA7', cgmRecord(2, 100).bytes);
  const extra = rig.delivers().at(-1)?.extra;
  expect(extra?.has(CONTEXT.sessionStart)).toBe(true);
  expect(extra?.has(CONTEXT.clockOffsetMs)).toBe(false);
});

test('an elapsed time that may be written is not set: nobody knows its bytes', () => {
  // UTC seconds, from another decade.
  const elapsed = Uint8Array.of(0b10, 1, 0, 0, 0, 0, 0, 6, 0);
  const characteristics = [characteristic('183F', '2BF2', 'rw'), characteristic('180D', '2A37', 's')];
  const rig = new Rig({ characteristics, reads: { '2BF2': elapsed } }, undefined, {}, true).begin().run();
  expect(rig.state.clock?.fault).not.toBe(null);
  expect(rig.state.clockSetting).toBe('not-settable');
  expect(rig.timers.has('clock')).toBe(false);
  expect(sets(rig)).toBe(0);
});

test('a clock is not set before all records that were stored under it are here', () => {
  const stored = [glucoseRecord(1, 50), glucoseRecord(2, 60)];
  let mute = true;
  const device: RigDevice = {
    characteristics: METER,
    reads: { '2A2B': BEHIND },
    onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, { mute }) : []),
  };
  const rig = new Rig(device, undefined, {}, true).begin().run();
  rig.fire('racp').run();
  rig.fire('racp').run();
  expect(rig.state.phase).toBe('live');
  rig.fire('clock').run();
  expect(sets(rig)).toBe(0);
  mute = false;
  rig.fire('records').run();
  expect(rig.delivers().filter((d) => d.stored)).toHaveLength(2);
  rig.fire('clock').run();
  expect(sets(rig)).toBe(1);
});

test('a clock that refuses to be set is left alone', () => {
  const device: RigDevice = {
    characteristics: METER,
    reads: { '2A2B': BEHIND },
    onWrite: (_, bytes) => meterAnswers([], bytes),
  };
  const rig = new Rig(device, undefined, {}, true);
  rig.interfere = (effect) => (effect.kind === 'setClock' ? 'device_refused' : undefined);
  rig.begin().run();
  rig.fire('clock').run();
  expect(rig.state).toMatchObject({ phase: 'live', hasClock: true, clockSetting: 'not-taken' });
});

test('a device without a clock is known for it once its characteristics are', () => {
  const rig = new Rig({ characteristics: [characteristic('180D', '2A37', 's')] });
  expect(rig.state.hasClock).toBe(null);
  rig.begin().run();
  expect(rig.state.hasClock).toBe(false);
});
