// What goes wrong on the way to a link and on it, one fault a row: where the session stands then, why, what it holds, and
// that it comes back. And the way itself, when nothing goes wrong.
import type { ErrorCode } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import type { SessionEffect, SessionNote } from './input.ts';
import { characteristic, glucoseRecord, METER, meterAnswers, STRAP } from './meter.testing.ts';
import { type Interference, Rig, type RigDevice } from './rig.testing.ts';
import { bleState, type Phase } from './state.ts';

const RECORDS = [1, 2, 3].map((n) => glucoseRecord(n, 50 + n));
const HEART_RATE = Uint8Array.of(0, 72);
const meter = (habits = {}): RigDevice => ({
  characteristics: METER,
  reads: { '2A2B': Uint8Array.of(0xe9, 0x07, 5, 21, 12, 0, 0, 3, 0, 0) },
  onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(RECORDS, bytes, habits) : []),
});
const strap: RigDevice = { characteristics: STRAP };

const on =
  (kind: SessionEffect['kind'], outcome: ErrorCode | null, uuid?: string): Interference =>
  (effect) =>
    effect.kind === kind && (uuid === undefined || ('uuid' in effect && effect.uuid === uuid)) ? outcome : undefined;

/** All a person would see of where it stands. */
const stands = ({ state, holdsSlot }: Rig) => ({ phase: state.phase, problem: state.problem, slot: holdsSlot });

describe('a way without faults', () => {
  test('asks for a slot, reads the clock, subscribes, fetches records, is live', () => {
    const rig = new Rig(meter()).begin().run();
    const did = rig.effects
      .filter((e) => !['timer', 'cancelTimer', 'deliver', 'note', 'saveCursor'].includes(e.kind))
      .map((e) => ('uuid' in e ? `${e.kind} ${e.uuid}` : e.kind));
    expect(did).toEqual([
      'requestSlot',
      'connect',
      'read 2A2B',
      'loadCursor',
      'subscribe 2A52',
      'subscribe 2A18',
      'subscribe 2A34',
      'read 2A29',
      'read 2A24',
      'read 2A26',
      'read 2A19',
      // Not before: BlueZ tells whoever is subscribed what somebody read.
      'subscribe 2A19',
      'write 2A52',
    ]);
    expect(stands(rig)).toEqual({ phase: 'live', problem: null, slot: true });
    expect(rig.state.about).toMatchObject({ battery: 50 });
    expect([...rig.timers.keys()].toSorted()).toEqual(['records', 'stable']);
  });

  test('what the device is, is read once in the life of the process', () => {
    const reads = { '2A24': new TextEncoder().encode('Model\u0000\n\u202e 7'), '2A29': Uint8Array.of(0xff, 0xfe) };
    const rig = new Rig({ ...meter(), reads }).begin().run().cut().begin().run();
    expect(rig.state.about.model).toBe('Model 7');
    expect(rig.effects.filter((e) => e.kind === 'read' && e.uuid === '2A24')).toHaveLength(1);
  });

  test('a live value is one effect, and no new state', () => {
    const rig = new Rig(strap).begin().run();
    rig.value('2A37', HEART_RATE);
    const before = rig.state;
    expect(rig.value('2A37', HEART_RATE)).toMatchObject([
      { kind: 'deliver', stored: false, token: null, record: null },
    ]);
    expect(rig.state).toBe(before);
  });

  test('two characteristics of one UUID are kept apart by their handles', () => {
    const batteries = ['left', 'right'].map((handle) => characteristic('180F', '2A19', 'rs', handle));
    const rig = new Rig({ characteristics: [...STRAP.slice(1), ...batteries] }).begin().run();
    const handles = rig.effects.flatMap((e) => (e.kind === 'subscribe' && e.uuid === '2A19' ? [e.handle] : []));
    expect(handles).toEqual(['left', 'right']);
    const effects = rig.put({ kind: 'value', handle: 'right', bytes: Uint8Array.of(41) });
    expect(effects).toMatchObject([{ kind: 'deliver', uuid: '2A19' }]);
    expect(rig.state.about.battery).toBe(41);
  });

  test('values of what was not subscribed are nobody’s', () => {
    const rig = new Rig(strap).begin().run();
    expect(rig.put({ kind: 'value', handle: 'elsewhere', bytes: HEART_RATE })).toEqual([]);
  });

  test('what cannot be decoded goes to quarantine with its reason', () => {
    const rig = new Rig(strap).begin().run();
    expect(rig.value('2A37', Uint8Array.of(0))).toEqual([
      { kind: 'quarantine', uuid: '2A37', bytes: Uint8Array.of(0), reason: 'characteristic_truncated', token: null },
    ]);
  });

  test('an observation in segments is delivered once it is whole', () => {
    const health: RigDevice = {
      characteristics: [characteristic('1840', '2B8B', 's'), characteristic('1840', '2BF4', 'ws')],
    };
    const rig = new Rig(health).begin().run();
    expect(rig.effects.find((e) => e.kind === 'write')).toMatchObject({ uuid: '2BF4', bytes: Uint8Array.of(1) });
    expect(rig.value('2B8B', Uint8Array.of(0b0001, 1, 2))).toEqual([]);
    // Whole, and no observation.
    expect(rig.value('2B8B', Uint8Array.of(0b0110, 3))).toMatchObject([
      { kind: 'quarantine', bytes: Uint8Array.of(1, 2, 3) },
    ]);
    expect(rig.value('2B8B', Uint8Array.of(0b1010, 3))).toMatchObject([
      { kind: 'quarantine', bytes: Uint8Array.of(3) },
    ]);
  });
});

describe('faults', () => {
  const waiting = (problem: ErrorCode) => ({ phase: 'waiting' as Phase, problem, slot: false });
  const live = { phase: 'live' as Phase, problem: null, slot: true };

  test.each<[string, Interference, ReturnType<typeof stands>, SessionNote]>([
    ['out of reach', on('connect', 'device_gone'), waiting('device_gone'), 'connect-failed'],
    ['services never resolve', on('connect', 'radio_timeout'), waiting('radio_timeout'), 'connect-failed'],
    ['no host', on('connect', 'radio_unavailable'), waiting('radio_unavailable'), 'connect-failed'],
    ['dropped while the clock is read', on('read', 'device_gone', '2A2B'), waiting('device_gone'), 'link-lost'],
    ['the clock’s read hangs', on('read', 'radio_timeout', '2A2B'), waiting('radio_timeout'), 'records-complete'],
    ['dropped while subscribing', on('subscribe', 'device_gone'), waiting('device_gone'), 'link-lost'],
    ['a subscription hangs', on('subscribe', 'radio_timeout'), waiting('radio_timeout'), 'records-complete'],
    ['the clock cannot be read', on('read', 'device_refused', '2A2B'), live, 'step-refused'],
    ['nothing can be read', on('read', 'device_refused'), live, 'step-refused'],
    ['one subscription refused', on('subscribe', 'device_refused', '2A34'), live, 'step-refused'],
    ['the control point refuses its subscription', on('subscribe', 'device_refused', '2A52'), live, 'step-refused'],
    ['all subscriptions refused', on('subscribe', 'device_refused'), waiting('device_refused'), 'nothing-to-subscribe'],
    ['the request is refused', on('write', 'device_refused', '2A52'), live, 'records-incomplete'],
    ['the cursor cannot be loaded', on('loadCursor', 'disk_full'), live, 'records-complete'],
    ['the cursor cannot be saved', on('saveCursor', 'disk_full'), live, 'cursor-unsaved'],
    [
      'pairing refused',
      (e) => on('pair', 'pairing_failed')(e) ?? on('subscribe', 'pairing_needed')(e),
      waiting('pairing_failed'),
      'pairing-refused',
    ],
  ])('%s', (_, interfere, then, note) => {
    const rig = new Rig(meter());
    rig.interfere = interfere;
    rig.begin().run();
    expect(stands(rig)).toEqual(then);
    if (note !== 'records-complete' || then.phase === 'live') expect(rig.notes).toContain(note);
    // And once the fault is gone, all is well again.
    rig.interfere = () => undefined;
    if (rig.state.phase === 'waiting') rig.fire('retry').begin().run();
    expect(stands(rig)).toEqual(live);
  });

  test.each<[string, SessionEffect['kind'], string | undefined, ErrorCode]>([
    ['connect', 'connect', undefined, 'radio_timeout'],
    ['read', 'read', undefined, 'radio_timeout'],
    ['subscribe', 'subscribe', undefined, 'radio_timeout'],
    ['the cursor', 'loadCursor', undefined, 'radio_timeout'],
    ['the request', 'write', '2A52', 'radio_timeout'],
  ])('%s is never answered: the session’s own limit', (_, kind, uuid, code) => {
    const rig = new Rig(meter());
    rig.interfere = on(kind, null, uuid);
    rig.begin().run().fire('step').run();
    expect(stands(rig)).toEqual({ phase: 'waiting', problem: code, slot: false });
    expect(rig.notes).toContain('effect-unanswered');
    expect([...rig.timers.keys()]).toEqual(['retry']);
  });

  test('nor is the disconnection after it: the slot is given back all the same', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' || e.kind === 'disconnect' ? null : undefined);
    rig.begin().run().fire('step');
    expect(stands(rig)).toMatchObject({ phase: 'closing', slot: true });
    rig.fire('step');
    expect(stands(rig)).toEqual({ phase: 'waiting', problem: 'radio_timeout', slot: false });
  });

  test('a late answer to what was given up is ignored', () => {
    const rig = new Rig(meter());
    rig.interfere = on('connect', null);
    rig.begin().run();
    const id = rig.state.operation?.id as number;
    rig.fire('step').run();
    const { state } = rig;
    rig.put({ kind: 'connected', id, characteristics: METER });
    expect(rig.state).toEqual(state);
  });

  test('nor does it answer for what came after', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'subscribe' || e.kind === 'disconnect' ? null : undefined);
    rig.begin().run();
    const id = rig.state.operation?.id as number;
    rig.fire('step');
    expect(rig.put({ kind: 'done', id })).toEqual([]);
    expect(stands(rig)).toMatchObject({ phase: 'closing', slot: true });
  });

  test('no abort is written over a request that is not answered yet', () => {
    const rig = new Rig(meter());
    rig.interfere = on('write', null);
    rig.begin().run().fire('racp');
    expect(rig.effects.filter((e) => e.kind === 'write')).toHaveLength(1);
    expect([...rig.timers.keys()].toSorted()).toEqual(['racp', 'step']);
  });

  test('a silent control point is aborted after its time, and left alone for a while', () => {
    const rig = new Rig(meter({ mute: true })).begin().run();
    expect(stands(rig).phase).toBe('stored-records');
    expect(rig.timers.get('racp')).toBe(30_000);
    rig.fire('racp').run();
    expect(rig.effects.filter((e) => e.kind === 'write').at(-1)).toMatchObject({ bytes: Uint8Array.of(3, 0) });
    rig.fire('racp').run();
    expect(stands(rig)).toEqual(live);
    expect(rig.notes).toContain('records-incomplete');
    expect(rig.timers.get('records')).toBe(60_000);
    // A live value comes through all the same.
    expect(rig.value('2A18', glucoseRecord(9, 60).bytes)).toMatchObject([{ kind: 'deliver', stored: false }]);
    rig.fire('records').run().fire('racp').run().fire('racp').run();
    expect(rig.timers.get('records')).toBe(120_000);
  });

  test('each record gives the procedure its time again', () => {
    const rig = new Rig(meter()).begin();
    while (rig.delivers().filter((d) => d.stored).length < 2) rig.next('radio');
    expect(rig.effects.filter((e) => e.kind === 'timer' && e.id === 'racp')).toHaveLength(3);
  });
});

describe('drops', () => {
  test.each<[Phase, RigDevice]>([
    ['subscribing', strap],
    ['stored-records', meter()],
    ['live', strap],
  ])('in %s', (phase, device) => {
    const rig = new Rig(device).begin();
    while (rig.state.phase !== phase) rig.next('radio');
    rig.cut();
    expect(rig.holdsSlot).toBe(false);
    expect([...rig.timers.keys()]).toEqual(['retry']);
    rig.fire('retry');
    expect(stands(rig)).toMatchObject({ phase: 'idle' });
    rig.begin().run();
    expect(rig.state.phase).toBe('live');
  });

  test('a cuff that hangs up after its measurement is no failure, and is taken up at its next sighting', () => {
    const rig = new Rig(strap).begin().run();
    rig.value('2A37', HEART_RATE);
    rig.cut();
    expect(stands(rig)).toEqual({ phase: 'idle', problem: null, slot: false });
    expect(rig.state.failures).toBe(0);
    expect(rig.begin().run().state.phase).toBe('live');
  });

  test('waits grow, with jitter, to a longest one; a link that holds forgets them', () => {
    const rig = new Rig(strap);
    rig.interfere = on('connect', 'device_gone');
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      rig.begin().run();
      waits.push(rig.timers.get('retry') as number);
      rig.fire('retry');
    }
    expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000, 45_000]);
    rig.interfere = () => undefined;
    rig.begin().run().fire('stable');
    expect(rig.state.failures).toBe(0);
  });

  test('links that bring nothing are not taken up without a pause, and with a short one at most', () => {
    const rig = new Rig(strap);
    for (let i = 0; i < 9; i++) {
      rig.begin().run().cut();
      expect(rig.state.phase).toBe('waiting');
      expect(rig.state.problem).toBeNull();
      expect(rig.timers.get('retry')).toBeLessThanOrEqual(10_000);
      rig.fire('retry');
    }
  });

  test('heard while it waits: queued at once when the wait is over', () => {
    const rig = new Rig(strap).begin().run().cut();
    rig.put({ kind: 'seen', paired: false });
    rig.fire('retry');
    expect(rig.state.phase).toBe('queued');
  });

  test('a drop that is told late does not hurt the next connection', () => {
    const rig = new Rig(strap).begin();
    rig.next('radio');
    expect(rig.state.phase).toBe('connecting');
    rig.put({ kind: 'dropped' });
    expect(rig.run().state.phase).toBe('live');
  });

  test('the host dies: nobody’s failure', () => {
    const rig = new Rig(meter()).begin().run();
    rig.put({ kind: 'radioDown' });
    expect(stands(rig)).toEqual({ phase: 'idle', problem: null, slot: false });
    expect(rig.timers.size).toBe(0);
    expect(rig.begin().run().state.phase).toBe('live');
  });
});

describe('slots', () => {
  test('one that is not heard any more leaves the queue', () => {
    const rig = new Rig(strap).begin();
    rig.put({ kind: 'seen', paired: false });
    rig.fire('queue');
    expect(rig.state.phase).toBe('queued');
    rig.fire('queue');
    expect(stands(rig)).toEqual({ phase: 'idle', problem: null, slot: false });
    // Granted after all: given back.
    rig.next('radio');
    expect(rig.effects.at(-1)).toEqual({ kind: 'releaseSlot' });
  });

  test.each(['throttled', 'yield'] as const)('a pause (%s) ends the link, and ends', (why) => {
    const rig = new Rig(strap).begin().run();
    rig.put({ kind: 'pause', forMs: 5000, why });
    rig.run();
    expect(bleState(rig.state)).toBe(why === 'throttled' ? 'throttled' : 'waiting');
    expect(rig.state.failures).toBe(0);
    expect(rig.timers.get('retry')).toBe(5000);
    expect(rig.fire('retry').begin().run().state.phase).toBe('live');
  });

  test.each([0, 1, 2, 6, 1000])('stopped after %i events: hangs up, gives back, and is deaf', (events) => {
    const rig = new Rig(meter()).begin();
    for (let i = 0; i < events; i++) rig.next('radio');
    rig.put({ kind: 'stop' });
    rig.run();
    expect(rig.state.phase).toBe('stopped');
    expect(rig.holdsSlot).toBe(false);
    expect(rig.timers.size).toBe(0);
    expect(rig.put({ kind: 'seen', paired: true })).toEqual([]);
  });
});
