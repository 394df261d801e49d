// What a service says once: in the context of its values, and for a glucose monitor what its records are told apart by.
import { CONTEXT } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { termOfRefid } from '../../codes/mdc.ts';
import { cgmRecord, characteristic, MONITOR, meterAnswers } from './meter.testing.ts';
import { durable, Rig, type RigDevice } from './rig.testing.ts';

/** 2025-05-21 08:00, two hours and daylight saving ahead of UTC. */
const START = Uint8Array.of(0xe9, 7, 5, 21, 8, 0, 0, 8, 4);
const RECORDS = [cgmRecord(5, 100), cgmRecord(10, 101)];

function monitor(reads: Record<string, Uint8Array> = { '2AAA': START }, stored = RECORDS): RigDevice {
  const features = reads['2AA8'] === undefined ? [] : [characteristic('181F', '2AA8', 'r')];
  return {
    characteristics: [...features, ...MONITOR],
    reads,
    onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(stored, bytes, {}, '2AA7') : []),
  };
}

const recordReads = (rig: Rig, uuid: string) => rig.effects.filter((e) => e.kind === 'read' && e.uuid === uuid).length;
const refuse = (uuid: string) => (effect: Rig['effects'][number]) =>
  effect.kind === 'read' && effect.uuid === uuid ? ('device_refused' as const) : undefined;

/** Begins again after each failed link, so often. */
function links(rig: Rig, count: number): Rig {
  rig.begin().run();
  for (let i = 0; i < count; i++) {
    rig.fire('retry');
    rig.begin().run();
  }
  return rig;
}

describe('the start of the session of a glucose monitor', () => {
  test('stands beside its records with the zone that it gave', () => {
    const rig = new Rig(monitor()).begin().run();
    expect(rig.delivers().map(({ extra }) => extra?.get(CONTEXT.sessionStart))).toEqual([
      '2025-05-21T08:00:00+03:00',
      '2025-05-21T08:00:00+03:00',
    ]);
  });

  test.each([
    ['a zone that it does not know', Uint8Array.of(...START.subarray(0, 7), 0x80, 0), '2025-05-21T08:00:00'],
    ['daylight saving that it does not know', Uint8Array.of(...START.subarray(0, 7), 8, 255), '2025-05-21T08:00:00'],
    ['west of Greenwich', Uint8Array.of(...START.subarray(0, 7), 0xee, 4), '2025-05-21T08:00:00-03:30'],
  ])('%s', (_, start, shown) => {
    const rig = new Rig(monitor({ '2AAA': start })).begin().run();
    expect(rig.delivers()[0]?.extra?.get(CONTEXT.sessionStart)).toBe(shown);
  });

  test('refused once: the link is made again, and no record is another one', () => {
    const first = new Rig(monitor()).begin().run();
    const rig = new Rig(monitor(), first.durable);
    rig.interfere = refuse('2AAA');
    rig.begin().run();
    expect([rig.state.phase, rig.state.problem]).toEqual(['waiting', 'device_refused']);
    expect(rig.delivers()).toEqual([]);
    rig.interfere = () => undefined;
    rig.fire('retry').begin().run();
    expect(rig.state.phase).toBe('live');
    expect(rig.durable.committed.size).toBe(2);
  });

  test('with a wrong checksum: it goes to quarantine, and the link is made again', () => {
    const wrong = Uint8Array.of(...START, 0, 0);
    const rig = new Rig(monitor({ '2AAA': wrong })).begin().run();
    expect([rig.state.phase, rig.state.problem]).toEqual(['waiting', 'characteristic_crc']);
    expect(rig.effects.filter((e) => e.kind === 'quarantine')).toMatchObject([
      { uuid: '2AAA', bytes: wrong, reason: 'characteristic_crc', token: null },
    ]);
  });

  test('never told: live values come, each one of its own, and stored ones wait until it is', () => {
    const rig = new Rig(monitor());
    rig.interfere = refuse('2AAA');
    links(rig, 3);
    expect(rig.state.phase).toBe('live');
    expect(rig.effects.some((e) => e.kind === 'write')).toBe(false);
    // Equal, of sessions that may be others.
    rig.value('2AA7', cgmRecord(15, 102).bytes);
    rig.value('2AA7', cgmRecord(15, 102).bytes);
    rig.run();
    expect(rig.durable.committed.size).toBe(2);
    const asked = recordReads(rig, '2AAA');
    rig.fire('records').run();
    expect(recordReads(rig, '2AAA')).toBe(asked + 1);
    rig.interfere = () => undefined;
    rig.fire('records').run();
    expect(rig.durable.committed.size).toBe(4);
    expect(rig.state.link?.incomplete.size).toBe(0);
  });

  test('one that cannot be read at all is not waited for', () => {
    const { characteristics, ...rest } = monitor({});
    const rig = new Rig({ ...rest, characteristics: characteristics.filter(({ uuid }) => uuid !== '2AAA') });
    expect(rig.begin().run().durable.committed.size).toBe(2);
  });
});

describe('the features of a glucose monitor', () => {
  /** Checksums promised; sample from venous plasma, in subcutaneous tissue. */
  const SECURED = Uint8Array.of(0, 0x10, 0, 0x54, 0x15, 0x92);
  const PLAIN = Uint8Array.of(0, 0, 0, 0x54, 0xff, 0xff);
  const SEALED_START = Uint8Array.of(...START, 0xfc, 0x41);

  test('say what its values were measured in', () => {
    const rig = new Rig(monitor({ '2AAA': START, '2AA8': PLAIN })).begin().run();
    const code = 'MDC_CONC_GLU_VENOUS_PLASMA';
    const [first] = rig.delivers();
    expect(first?.measurement.readings).toMatchObject([{ code, mdc: termOfRefid(code)?.mdc }]);
    expect(first?.extra?.get(CONTEXT.sampleType)).toBe('venousPlasma');
    expect(first?.extra?.get(CONTEXT.bodySite)).toBe('subcutaneousTissue');
  });

  test('a checksum that they promise is no choice: not of a session start', () => {
    const rig = new Rig(monitor({ '2AAA': START, '2AA8': SECURED })).begin().run();
    expect(rig.state.problem).toBe('characteristic_crc');
  });

  test('nor of a record', () => {
    const rig = new Rig(monitor({ '2AAA': SEALED_START, '2AA8': SECURED })).begin().run();
    expect(rig.state.phase).toBe('live');
    expect(rig.durable.committed.size).toBe(0);
    expect(rig.durable.quarantined).toEqual(RECORDS.map(({ bytes }) => bytes));
  });
});

describe.each([
  ['a thermometer', '1809', '2A1D', 2, '2A1C', Uint8Array.of(0, 0x6c, 1, 0, 0xff), 'body'],
  ['a strap', '180D', '2A38', 1, '2A37', Uint8Array.of(0, 72), 'chest'],
])('%s', (_, service, companion, octet, uuid, value, site) => {
  const device = (said: Uint8Array): RigDevice => ({
    characteristics: [characteristic(service, companion, 'r'), characteristic(service, uuid, 's')],
    reads: { [companion]: said },
  });

  test('says once where it sits, and each value has it', () => {
    const rig = new Rig(device(Uint8Array.of(octet)), durable()).begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()[0]?.extra?.get(CONTEXT.bodySite)).toBe(site);
    rig.cut().begin().run();
    rig.value(uuid, value);
    expect(recordReads(rig, companion)).toBe(1);
    expect(rig.delivers()[1]?.extra?.get(CONTEXT.bodySite)).toBe(site);
  });

  test.each([
    ['a number without a meaning', Uint8Array.of(99)],
    ['nothing', Uint8Array.of()],
  ])('that says %s is live without it', (__, said) => {
    const rig = new Rig(device(said), durable()).begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()[0]?.extra?.has(CONTEXT.bodySite) ?? false).toBe(false);
  });
});
