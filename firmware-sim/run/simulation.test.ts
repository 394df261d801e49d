import { describe, expect, it } from 'vitest';
import type { Link } from '../link/link.ts';
import { LinkRefused } from '../link/link.ts';
import { type Emission, rounded } from '../reading.ts';
import { type Clock, type Plan, simulate } from './simulation.ts';

/** A clock that jumps to the end of each sleep. */
function jumpingClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    monotonicMs: () => now,
    wallMs: () => Date.UTC(2026, 0, 1) + now,
    sleep: async (ms, signal) => {
      if (signal.aborted) return;
      slept.push(ms);
      now += ms;
    },
    after: () => () => {},
  };
}

/** A link that keeps what it gets and acknowledges what `accept` says, at once. */
function keepingLink(accept: (n: number) => boolean | null = () => true) {
  const sent: { topic: string; text: string }[] = [];
  const link: Link & { closed: boolean } = {
    closed: false,
    refused: new Promise(() => {}),
    reconnects: () => 0,
    trouble: () => null,
    publish: async (topic, bytes, settled, signal) => {
      if (signal.aborted) return false;
      const answer = accept(sent.length);
      sent.push({ topic, text: new TextDecoder().decode(bytes) });
      if (answer !== null) settled(answer);
      return true;
    },
    drain: async () => {},
    close: async () => {
      link.closed = true;
    },
  };
  return { link, sent };
}

function* ticks(count: number): Generator<Emission> {
  for (let i = 0; i < count; i++) {
    yield { atMs: i * 1000, alarm: false, readings: [{ code: 'X', unit: '1', value: rounded(i, 0) }] };
  }
}

function plan(changes: Partial<Plan>): Plan {
  return {
    emissions: ticks(10),
    device: 'pump-1',
    format: 'json',
    pace: { speed: 1 },
    faults: {},
    seed: 1,
    link: keepingLink().link,
    clock: jumpingClock(),
    patienceMs: 0,
    ...changes,
  };
}

describe('a simulation', () => {
  it('sends everything, counts it, tells what was acknowledged, and closes the link', async () => {
    const { link, sent } = keepingLink();
    const told: number[] = [];
    const counts = await simulate(plan({ link, onAcknowledged: (id, readings) => told.push(id * 100 + readings) }))
      .done;
    expect(counts).toMatchObject({ messages: 10, sent: 10, acknowledged: 10, readings: 10, acknowledgedReadings: 10 });
    expect(told).toEqual([1, 101, 201, 301, 401, 501, 601, 701, 801, 901]);
    expect(new Set(sent.map(({ topic }) => topic))).toEqual(new Set(['vitalseal/pump-1/json']));
    expect(sent[3]?.text).toContain('"time":"2026-01-01T00:00:03.000Z"');
    expect(link.closed).toBe(true);
  });

  it('does not count as acknowledged what was refused, or never answered', async () => {
    const { link } = keepingLink((n) => (n === 2 ? false : n === 5 ? null : true));
    expect(await simulate(plan({ link })).done).toMatchObject({
      sent: 10,
      acknowledged: 8,
      refused: 1,
      acknowledgedReadings: 8,
    });
  });

  it('a damaged message counts as acknowledged, its readings do not', async () => {
    const counts = await simulate(plan({ faults: { corrupt: 1 } })).done;
    expect(counts).toMatchObject({ acknowledged: 10, readings: 10, acknowledgedReadings: 0, corrupted: 10 });
  });

  it.each([
    [{ speed: 1 }, 1000],
    [{ speed: 20 }, 50],
    [{ speed: 1, rate: 100 }, 10],
  ])('keeps the pace %j', async (pace, between) => {
    const clock = jumpingClock();
    await simulate(plan({ clock, pace })).done;
    expect(clock.slept).toEqual(Array.from({ length: 9 }, () => between));
  });

  it('stops after its seconds, even before the next message', async () => {
    const clock = jumpingClock();
    const counts = await simulate(plan({ clock, emissions: ticks(1e9), pace: { speed: 1, seconds: 3.5 } })).done;
    expect(counts.messages).toBe(4);
    expect(clock.monotonicMs()).toBe(3500);
  });

  it('stops when told', async () => {
    const simulation = simulate(plan({ emissions: ticks(1e9) }));
    const counts = await simulation.stop();
    expect(counts.messages).toBeLessThan(1e6);
    expect(await simulation.done).toEqual(counts);
  });

  it('ends after its seconds though no message leaves, and says what stands in the way', async () => {
    const unreachable = { kind: 'unreachable', reason: 'ECONNREFUSED' } as const;
    let end = () => {};
    const link: Link = {
      ...keepingLink().link,
      trouble: () => unreachable,
      publish: async (_topic, _bytes, _settled, signal) => {
        end();
        return !signal.aborted;
      },
    };
    const after = (ms: number, callback: () => void) => {
      expect(ms).toBe(3000);
      end = callback;
      return () => {};
    };
    const clock: Clock = { ...jumpingClock(), after };
    const simulation = simulate(plan({ link, clock, emissions: ticks(1e9), pace: { speed: 1, seconds: 3 } }));
    expect(await simulation.done).toMatchObject({ messages: 1, sent: 0 });
    expect(simulation.trouble()).toEqual(unreachable);
  });

  it('says that a broker is silent when an acknowledgement never comes, and nothing when all came', async () => {
    const silent = simulate(plan({ link: keepingLink((n) => (n === 5 ? null : true)).link }));
    await silent.done;
    expect(silent.trouble()).toEqual({ kind: 'silent' });
    const well = simulate(plan({}));
    await well.done;
    expect(well.trouble()).toBeNull();
  });

  it('fails when the broker refuses it', async () => {
    const { link } = keepingLink();
    const refusing: Link = { ...link, publish: () => Promise.reject(new LinkRefused('no')) };
    await expect(simulate(plan({ link: refusing })).done).rejects.toThrow(LinkRefused);
    expect(link.closed).toBe(true);
  });
});
