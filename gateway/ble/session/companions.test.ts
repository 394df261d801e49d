// What a service says once: in the context of its values, and for a glucose monitor what its records are told apart by.
import { CONTEXT, type ErrorCode } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { termOfRefid } from '../../codes/mdc.ts';
import { cgmRecord, characteristic, MONITOR, meterAnswers } from './meter.testing.ts';
import { durable, Rig, type RigDevice } from './rig.testing.ts';

/** 2025-05-21 08:00, two hours and daylight saving ahead of UTC. */
const START = Uint8Array.of(0xe9, 7, 5, 21, 8, 0, 0, 8, 4);
const LATER_START = Uint8Array.of(0xe9, 7, 6, 1, 8, 0, 0, 8, 4);
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
const refuse =
  (uuid: string, code: ErrorCode = 'device_refused') =>
  (effect: Rig['effects'][number]) =>
    effect.kind === 'read' && effect.uuid === uuid ? code : undefined;

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

  test('refused once: it is read again before the records, and none is another one', () => {
    const first = new Rig(monitor()).begin().run();
    const rig = new Rig(monitor(), first.durable);
    let refusals = 1;
    rig.interfere = (effect) =>
      effect.kind === 'read' && effect.uuid === '2AAA' && refusals-- > 0 ? 'device_refused' : undefined;
    rig.begin().run();
    expect(rig.state.phase).toBe('live');
    expect(rig.durable.committed.size).toBe(2);
    expect(rig.state.link?.incomplete.size).toBe(0);
  });

  test('with a wrong checksum: it goes to quarantine, and stored records wait', () => {
    const wrong = Uint8Array.of(...START, 0, 0);
    const rig = new Rig(monitor({ '2AAA': wrong })).begin().run();
    const quarantined = { uuid: '2AAA', bytes: wrong, reason: 'characteristic_crc', token: null };
    expect(rig.effects.filter((e) => e.kind === 'quarantine')).toMatchObject([quarantined, quarantined]);
    expect(rig.effects.some((e) => e.kind === 'write')).toBe(false);
    expect(rig.state.link?.incomplete).toEqual(new Set(['181F']));
  });

  test('never told: live values come, and are the records that are asked for once it is', () => {
    const stored = [...RECORDS];
    const rig = new Rig(monitor({ '2AAA': START }, stored));
    rig.interfere = refuse('2AAA');
    rig.begin().run();
    expect(rig.state.phase).toBe('live');
    stored.push(cgmRecord(15, 102));
    rig.value('2AA7', cgmRecord(15, 102).bytes);
    rig.run();
    expect(rig.delivers()[0]?.extra?.has(CONTEXT.sessionStart) ?? false).toBe(false);
    const asked = recordReads(rig, '2AAA');
    rig.fire('records').run();
    expect(recordReads(rig, '2AAA')).toBe(asked + 1);
    rig.interfere = () => undefined;
    rig.fire('records').run();
    expect(rig.durable.committed.size).toBe(3);
    expect(rig.state.link?.incomplete.size).toBe(0);
  });

  test('of a monitor that never tells it, every value is kept, link after link', () => {
    const rig = new Rig(monitor());
    rig.interfere = refuse('2AAA');
    for (let i = 0; i < 12; i++) {
      rig.begin().run();
      rig.value('2AA7', cgmRecord(5 * i, 100).bytes);
      rig.run().cut();
    }
    expect(rig.durable.committed.size).toBe(12);
  });

  test('links that end while it is read: after three of them it is not read any more', () => {
    const rig = new Rig(monitor());
    rig.interfere = refuse('2AAA', 'radio_timeout');
    rig.begin().run();
    for (let i = 0; i < 3; i++) {
      expect(rig.state.phase).toBe('waiting');
      rig.fire('retry').begin().run();
    }
    expect(rig.state.phase).toBe('live');
    rig.fire('records').run();
    expect(rig.state.phase).toBe('live');
  });

  test.each([
    ['another one, on the next link: the same offset and value is another record', LATER_START, 4],
    [
      'moved by a second, as a monitor works it out anew: the same session',
      Uint8Array.of(0xe9, 7, 5, 21, 8, 0, 1, 8, 4),
      2,
    ],
  ])('%s', (_, start, kept) => {
    const reads: Record<string, Uint8Array> = { '2AAA': START };
    const rig = new Rig(monitor(reads, RECORDS)).begin().run().cut();
    reads['2AAA'] = start;
    rig.begin().run();
    expect(rig.durable.committed.size).toBe(kept);
  });

  test('another one, on the same link: told by an offset that counts anew', () => {
    const reads: Record<string, Uint8Array> = { '2AAA': START };
    const stored = [...RECORDS];
    const rig = new Rig(monitor(reads, stored)).begin().run();
    rig.value('2AA7', cgmRecord(15, 100).bytes);
    reads['2AAA'] = LATER_START;
    stored.splice(0, 2, cgmRecord(5, 100));
    rig.value('2AA7', cgmRecord(5, 100).bytes);
    rig.run();
    expect(rig.delivers().at(-1)?.extra?.has(CONTEXT.sessionStart) ?? false).toBe(false);
    rig.fire('records').run();
    // Two records, a live value, and one of the new session, told live and stored.
    expect(rig.durable.committed.size).toBe(4);
    rig.value('2AA7', cgmRecord(10, 100).bytes);
    expect(rig.delivers().at(-1)?.extra?.get(CONTEXT.sessionStart)).toBe('2025-06-01T08:00:00+03:00');
  });

  test('of two, the first: a session begins for all', () => {
    const reads: Record<string, Uint8Array> = { '2AAA': START };
    const { characteristics, ...rest } = monitor(reads);
    const two = { ...rest, characteristics: [...characteristics, characteristic('181F', '2AAA', 'r', 'second')] };
    const rig = new Rig(two).begin().run().cut();
    reads['2AAA'] = LATER_START;
    expect(rig.begin().run().durable.committed.size).toBe(4);
  });

  test('never told: neither the clock nor the records of another service wait for it', () => {
    const reads = { '2AAA': START, '2A2B': Uint8Array.of(0xe5, 7, 5, 21, 8, 0, 0, 0, 0, 0) };
    const { characteristics, ...rest } = monitor(reads);
    const clock = characteristic('1805', '2A2B', 'rw');
    const meter = ['2A18', '2A52'].map((uuid) => characteristic('1808', uuid, 'ws'));
    const all = [...characteristics.map((c) => ({ ...c, handle: `monitor ${c.handle}` })), ...meter, clock];
    const rig = new Rig(
      { ...rest, onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers([], bytes) : []), characteristics: all },
      durable(),
      {},
      true,
    );
    rig.interfere = refuse('2AAA');
    rig.begin().run();
    const asked = () => rig.effects.filter((e) => e.kind === 'write' && e.handle === '1808/2A52').length;
    if (rig.state.link?.dumping === '1808')
      rig.put({ kind: 'value', handle: '1808/2A52', bytes: Uint8Array.of(6, 0, 1, 6) });
    rig.run();
    const before = asked();
    rig.fire('clock').run();
    expect(rig.effects.some((e) => e.kind === 'setClock')).toBe(true);
    rig.fire('records').run();
    expect(asked()).toBe(before + 1);
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

  test('of a reserved sample leave the glucose what it is', () => {
    const rig = new Rig(monitor({ '2AAA': START, '2AA8': Uint8Array.of(0, 0, 0, 0, 0xff, 0xff) })).begin().run();
    expect(rig.delivers()[0]?.measurement.readings).toMatchObject([{ code: 'MDC_CONC_GLU_ISF', mdc: 160212 }]);
  });

  test('a checksum that they promise is no choice: not of a session start', () => {
    const rig = new Rig(monitor({ '2AAA': START, '2AA8': SECURED })).begin().run();
    const quarantined = rig.effects.find((e) => e.kind === 'quarantine');
    expect(quarantined).toMatchObject({ uuid: '2AAA', reason: 'characteristic_crc' });
    expect(rig.durable.committed.size).toBe(0);
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

  test('says where it sits, and each value of the link has it', () => {
    const reads: Record<string, Uint8Array> = { [companion]: Uint8Array.of(octet) };
    const rig = new Rig({ ...device(Uint8Array.of()), reads }).begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()[0]?.extra?.get(CONTEXT.bodySite)).toBe(site);
    // Another one behind the same name, or the same one elsewhere.
    reads[companion] = Uint8Array.of(3);
    rig.cut().begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()[1]?.extra?.get(CONTEXT.bodySite)).not.toBe(site);
    expect(rig.delivers()[1]?.extra?.has(CONTEXT.bodySite)).toBe(true);
  });

  test('that has two of its kind says it of neither', () => {
    const { characteristics, reads } = device(Uint8Array.of(octet));
    const two = [...characteristics, characteristic(service, uuid, 's', 'second')];
    const rig = new Rig({ characteristics: two, reads: reads ?? {} }).begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()[0]?.extra?.has(CONTEXT.bodySite) ?? false).toBe(false);
    expect(rig.delivers()).toHaveLength(1);
  });

  test('that wants to be paired for it, or does not answer, is live without it', () => {
    const shy = new Rig(device(Uint8Array.of(octet)));
    shy.interfere = (effect) => (effect.kind === 'read' ? 'pairing_needed' : undefined);
    expect(shy.begin().run().state.phase).toBe('live');
    const mute = new Rig(device(Uint8Array.of(octet)));
    mute.interfere = (effect) => (effect.kind === 'read' ? 'radio_timeout' : undefined);
    mute.begin().run();
    for (let i = 0; i < 3; i++) mute.fire('retry').begin().run();
    expect(mute.state.phase).toBe('live');
  });

  test.each([
    ['a number without a meaning', Uint8Array.of(99)],
    ['nothing', Uint8Array.of()],
  ])('that says %s is live without it', (__, said) => {
    const rig = new Rig(device(said), durable()).begin().run();
    rig.value(uuid, value);
    expect(rig.delivers()).toHaveLength(1);
    expect(rig.delivers()[0]?.extra?.has(CONTEXT.bodySite) ?? false).toBe(false);
  });
});
