// Sessions of devices that want to be paired, and of devices with clocks.
import { CONTEXT } from '@vitalseal/ledger';
import { describe, expect, test } from 'vitest';
import { glucoseRecord, METER, meterAnswers } from './meter.testing.ts';
import { durable, type Interference, Rig, type RigDevice } from './rig.testing.ts';
import { SESSION_LIMITS } from './state.ts';

const RECORDS = [1, 2, 3].map((n) => glucoseRecord(n, 50 + n));
const meter = (): RigDevice => ({
  characteristics: METER,
  onWrite: (uuid, bytes) => (uuid === '2A52' ? meterAnswers(RECORDS, bytes) : []),
});

describe('pairing', () => {
  const needsPairing = (rig: Rig): Interference => {
    let paired = false;
    return (e) => {
      if (e.kind === 'pair') paired = true;
      return e.kind === 'subscribe' && !paired ? 'pairing_needed' : rig.state.phase === 'stopped' ? null : undefined;
    };
  };

  test('the device wants it at its first subscription: paired, and gone on with', () => {
    const rig = new Rig(meter());
    rig.interfere = needsPairing(rig);
    rig.begin().run();
    expect(rig.state).toMatchObject({ phase: 'live', problem: null });
    expect(rig.effects.filter((e) => e.kind === 'pair')).toHaveLength(1);
    expect(rig.delivers().filter((d) => d.stored)).toHaveLength(3);
  });

  test('the device wants it for its records: asked for again once the link is encrypted', () => {
    const rig = new Rig(meter());
    let paired = false;
    rig.interfere = (e) => {
      if (e.kind === 'pair') paired = true;
      return e.kind === 'write' && !paired ? 'pairing_needed' : undefined;
    };
    rig.begin().run();
    expect(rig.delivers().filter((d) => d.stored)).toHaveLength(3);
    expect(rig.state.phase).toBe('live');
  });

  test('only a person can pair it: tried three times, far apart, and then no more, however often it is heard', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' || e.kind === 'pair' ? 'pairing_needed' : undefined);
    rig.begin().run();
    for (const _ of [1, 2]) {
      expect(rig.state).toMatchObject({ phase: 'waiting', problem: 'pairing_needed' });
      expect(rig.timers.get('retry')).toBe(SESSION_LIMITS.pairingRetryMs);
      // A person who tries in vain does not bring the next try nearer.
      rig.put({ kind: 'pause', forMs: 1000, why: 'yield' });
      expect(rig.timers.get('retry')).toBe(SESSION_LIMITS.pairingRetryMs);
      rig.put({ kind: 'seen', paired: false });
      rig.fire('retry').run();
    }
    expect(rig.state).toMatchObject({ phase: 'unpaired', problem: 'pairing_needed' });
    expect(rig.holdsSlot).toBe(false);
    expect(rig.put({ kind: 'seen', paired: false })).toEqual([]);
    rig.interfere = () => undefined;
    rig.put({ kind: 'pairedByHand' });
    expect(rig.run().state).toMatchObject({ phase: 'live', refusals: 0 });
  });

  test('a link that dropped once as if it were refused is made again', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' || e.kind === 'pair' ? 'pairing_needed' : undefined);
    rig.begin().run();
    rig.interfere = () => undefined;
    rig.put({ kind: 'seen', paired: false });
    rig.fire('retry').run();
    expect(rig.state).toMatchObject({ phase: 'live', problem: null, refusals: 0 });
  });

  test('paired elsewhere: goes on', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' || e.kind === 'pair' ? 'pairing_needed' : undefined);
    rig.begin().run();
    for (const _ of [1, 2]) {
      rig.put({ kind: 'seen', paired: false });
      rig.fire('retry').run();
    }
    expect(rig.state.phase).toBe('unpaired');
    rig.interfere = () => undefined;
    rig.put({ kind: 'seen', paired: true });
    expect(rig.run().state.phase).toBe('live');
  });

  test('a bond that protects too little is not tried every second, and is known as worthless until it is made anew', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'subscribe' ? 'pairing_needed' : undefined);
    rig.put({ kind: 'seen', paired: true });
    rig.run();
    expect(rig.state).toMatchObject({ phase: 'waiting', problem: 'pairing_needed', bondDoubted: true });
    expect(rig.timers.get('retry')).toBe(SESSION_LIMITS.pairingRetryMs);
    rig.interfere = (e) => (e.kind === 'connect' ? 'device_gone' : undefined);
    rig.put({ kind: 'seen', paired: true });
    rig.fire('retry').run();
    expect(rig.state).toMatchObject({ problem: 'device_gone', bondDoubted: true });
    rig.interfere = () => undefined;
    rig.put({ kind: 'pairedByHand' });
    expect(rig.run().state).toMatchObject({ phase: 'live', bondDoubted: false });
  });

  test('bonded, and still the device wants it: it has lost its key. Says so, tries again now and then, and goes on when paired anew', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' ? 'pairing_needed' : undefined);
    rig.begin().run();
    const lost = { phase: 'waiting', problem: 'pairing_needed' };
    expect(rig.state).toMatchObject(lost);
    // Should it have been mere interference, nothing is lost: it is tried as soon as after any failure, and never paired again.
    for (const longestMs of [1500, 3000, 6000]) {
      expect(rig.timers.get('retry')).toBeLessThanOrEqual(longestMs);
      rig.put({ kind: 'seen', paired: true });
      rig.fire('retry').run();
      expect(rig.state).toMatchObject(lost);
    }
    expect(rig.effects.filter((e) => e.kind === 'pair')).toHaveLength(1);
    rig.interfere = () => undefined;
    rig.put({ kind: 'pairedByHand' });
    expect(rig.run().state).toMatchObject({ phase: 'live', problem: null });
  });

  test('what failed before a pairing by hand does not count after it, also where that took longer than the pause for it', () => {
    const rig = new Rig(meter());
    rig.interfere = (e) => (e.kind === 'connect' ? 'device_gone' : undefined);
    rig.begin().run();
    for (let failures = 1; failures < 4; failures++) {
      rig.put({ kind: 'seen', paired: false });
      rig.fire('retry').run();
    }
    rig.put({ kind: 'pause', forMs: 1000, why: 'yield' });
    rig.fire('retry').run();
    expect(rig.state).toMatchObject({ phase: 'idle', failures: 4 });
    rig.put({ kind: 'seen', paired: true });
    rig.put({ kind: 'pairedByHand' });
    rig.run();
    expect(rig.state).toMatchObject({ phase: 'waiting', failures: 1 });
    expect(rig.timers.get('retry')).toBeLessThanOrEqual(SESSION_LIMITS.retryMs);
  });
});

describe('clock', () => {
  const showing = (day: number, hour = 12): RigDevice => ({
    ...meter(),
    reads: { '2A2B': Uint8Array.of(0xe9, 0x07, 5, day, hour, 0, 0, 3, 0, 0) },
  });

  test('its offset is in the context of every reading', () => {
    const rig = new Rig(showing(21, 14)).begin().run();
    expect(rig.delivers().at(-1)?.extra).toEqual(
      new Map<number, unknown>([
        [CONTEXT.clockOffsetMs, 7_199_980],
        [CONTEXT.clockUncertaintyMs, 24],
        [CONTEXT.stored, true],
      ]),
    );
  });

  test('a faulty one is flagged, and not set without leave', () => {
    const rig = new Rig(showing(28)).begin().run();
    expect(rig.delivers().at(-1)?.extra?.get(CONTEXT.sourceTimeFault)).toBe('far-off');
    expect(rig.timers.has('clock')).toBe(false);
    expect(rig.state.clockSetting).toBe('not-allowed');
  });

  test('is set once all is fetched, and read again', () => {
    const rig = new Rig(showing(28), durable(), {}, true).begin().run();
    expect(rig.timers.get('clock')).toBe(2000);
    expect(rig.state.clockSetting).toBe('due');
    rig.fire('clock').run();
    expect(rig.effects.find((e) => e.kind === 'setClock')).toMatchObject({ uuid: '2A2B', zoneMs: null });
    expect(rig.notes).toContain('clock-set');
    expect(rig.effects.filter((e) => e.kind === 'read' && e.uuid === '2A2B')).toHaveLength(2);
    // It did not take it: once a connection is enough.
    expect(rig.state.clockSetting).toBe('not-taken');
    expect(rig.timers.has('clock')).toBe(false);
    expect(rig.state.phase).toBe('live');
  });

  test('is not set by a gateway that is not sure of its own', () => {
    const rig = new Rig(showing(28), durable(), {}, true);
    rig.clock = { ...rig.clock, clock: 'unsynchronised' };
    rig.begin().run();
    expect(rig.timers.has('clock')).toBe(false);
    expect(rig.state.clockSetting).toBe('gateway-unsynchronised');
  });
});
