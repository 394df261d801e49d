// The whole machine against anything that may be told to it, in any order: it never throws, never hangs, and never keeps a
// slot that it does not need.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionEffect, SessionInput, TimerId } from './input.ts';
import { stepSession } from './machine.ts';
import { characteristic, glucoseRecord, METER, MONITOR, STRAP } from './meter.testing.ts';
import { planFor } from './plan.ts';
import { newSession, SESSION_LIMITS, type SessionState, wantsSlot } from './state.ts';

const HEALTH = [
  characteristic('1840', '2B8B', 's'),
  characteristic('1840', '2BDD', 's'),
  characteristic('1840', '2BF4', 'ws'),
  characteristic('1840', '2A52', 'ws'),
];
const EVERYTHING = [...METER, ...MONITOR, ...STRAP, ...HEALTH];
const TIMERS: readonly TimerId[] = ['step', 'queue', 'retry', 'stable', 'racp', 'records', 'clock'];
const CODES = [
  'device_gone',
  'radio_timeout',
  'radio_unavailable',
  'pairing_needed',
  'pairing_failed',
  'device_refused',
  'disk_full',
] as const;

/** An input in the making: what it is about is taken from the state that it meets, or is anything at all. */
interface Move {
  readonly what: number;
  readonly code: (typeof CODES)[number];
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly timer: TimerId;
  readonly yes: boolean;
  readonly random: number;
}

const record = fc.integer({ min: 0, max: 5 }).map((n) => glucoseRecord(n, 50).bytes);
const answer = fc
  .tuple(fc.constantFrom(1, 3, 4), fc.integer({ min: 0, max: 9 }))
  .map(([to, value]) => Uint8Array.of(6, 0, to, value));
const move: fc.Arbitrary<Move> = fc.record({
  what: fc.integer({ min: 0, max: 99 }),
  code: fc.oneof(fc.constantFrom(...CODES), fc.constant('pairing_needed' as const)),
  bytes: fc.oneof(record, answer, fc.uint8Array({ maxLength: 24 })),
  number: fc.nat({ max: 40 }),
  timer: fc.constantFrom(...TIMERS),
  yes: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

/** What leads on from here. */
function helpful(state: SessionState, { bytes, yes }: Move, id: number, subscribed: readonly string[]): SessionInput {
  const clock = { wallMs: 1_747_828_800_000, monotonicMs: 5, clock: 'synchronised' } as const;
  switch (state.operation?.step.do) {
    case 'connect':
      return { kind: 'connected', id, characteristics: yes ? EVERYTHING : METER };
    case 'read':
      return { kind: 'readDone', id, bytes, sent: clock, received: clock };
    case 'load':
      return { kind: 'cursorLoaded', id, bytes: null };
    case undefined:
      if (state.phase === 'queued') return { kind: 'granted' };
      if (state.phase === 'waiting') return { kind: 'timer', id: 'retry' };
      if (state.link === null) return { kind: 'seen', paired: yes };
      return { kind: 'value', handle: subscribed.find((h) => h.includes(state.link?.dumping ?? '')) ?? '', bytes };
    default:
      return { kind: 'done', id };
  }
}

function inputOf(state: SessionState, m: Move): SessionInput {
  // The effect under way most of the time, else any.
  const id = m.number % 5 > 0 ? (state.operation?.id ?? m.number) : m.number;
  const clock = { wallMs: 1_747_828_800_000, monotonicMs: m.number, clock: 'synchronised' } as const;
  const subscribed = [...(state.link?.subscriptions.keys() ?? [])];
  if (m.what >= 20) return helpful(state, m, state.operation?.id ?? 0, subscribed);
  switch (m.what) {
    case 0:
      return { kind: 'seen', paired: m.yes };
    case 1:
      return { kind: 'granted' };
    case 2:
      return { kind: 'connected', id, characteristics: m.yes ? EVERYTHING : METER.slice(m.number % METER.length) };
    case 4:
    case 5:
    case 6:
      return { kind: 'done', id: m.number % 7 === 0 && state.saving !== null ? state.saving : id };
    case 7:
      return { kind: 'readDone', id, bytes: m.bytes, sent: clock, received: clock };
    case 9:
      return { kind: 'cursorLoaded', id, bytes: m.yes ? null : m.bytes };
    case 3:
    case 8:
    case 10:
      return { kind: 'failed', id, code: m.code };
    case 11:
    case 12:
    case 13:
      return { kind: 'value', handle: subscribed[m.number % Math.max(1, subscribed.length)] ?? 'none', bytes: m.bytes };
    case 14:
      return m.yes ? { kind: 'delivered', token: m.number } : { kind: 'undelivered', token: m.number, code: m.code };
    case 15:
      return { kind: 'dropped' };
    case 16:
      return m.number === 0 ? { kind: 'radioDown' } : { kind: 'pairedByHand' };
    case 17:
    case 18:
      return { kind: 'timer', id: state.timers.has('step') && m.yes ? 'step' : m.timer };
    default:
      if (m.number === 0) return { kind: 'stop' };
      return { kind: 'pause', forMs: m.number, why: m.yes ? 'throttled' : 'yield' };
  }
}

/** What a driver would hold after these effects: timers, the slot. */
class Holdings {
  readonly timers = new Set<TimerId>();
  slot: 'none' | 'asked' | 'held' = 'none';

  take(input: SessionInput, effects: readonly SessionEffect[]): void {
    if (input.kind === 'timer') this.timers.delete(input.id);
    if (input.kind === 'granted' && this.slot === 'asked') this.slot = 'held';
    for (const effect of effects) {
      if (effect.kind === 'timer') this.timers.add(effect.id);
      if (effect.kind === 'cancelTimer') this.timers.delete(effect.id);
      if (effect.kind === 'requestSlot') this.slot = 'asked';
      if (effect.kind === 'releaseSlot') this.slot = 'none';
    }
  }
}

const LINK_EFFECTS = ['connect', 'disconnect', 'pair', 'read', 'write', 'setClock', 'subscribe', 'loadCursor'];

function check(state: SessionState, effects: readonly SessionEffect[], holds: Holdings): void {
  expect(new Set(state.timers)).toEqual(holds.timers);
  expect(holds.slot !== 'none', state.phase).toBe(wantsSlot(state));
  if (holds.slot === 'asked') expect(state.phase).toBe('queued');
  // Something will happen: by its own time limit, or because it waits to be heard, paired or nothing any more.
  const waits = ['idle', 'unpaired', 'stopped', 'live'].includes(state.phase);
  expect(waits || state.timers.size > 0, state.phase).toBe(true);
  // An effect that is under way always has its limit, and nothing else has.
  expect(state.operation !== null).toBe(state.timers.has('step'));
  if (['connecting', 'pairing', 'subscribing', 'closing'].includes(state.phase)) expect(state.operation).not.toBeNull();
  if (state.phase === 'stored-records') expect(state.operation !== null || state.timers.has('racp')).toBe(true);
  if (!wantsSlot(state)) expect([state.operation, state.link]).toEqual([null, null]);
  if (state.phase === 'stopped') expect(state.timers.size).toBe(0);
  // At most one effect of the link is begun by a step, and it is the one that is waited for.
  const begun = effects.flatMap((e) => (LINK_EFFECTS.includes(e.kind) && 'id' in e ? [e.id] : []));
  expect(begun.length).toBeLessThanOrEqual(1);
  if (begun.length === 1) expect(state.operation?.id).toBe(begun[0]);
}

const begin = (setClock: boolean, limits = SESSION_LIMITS) =>
  newSession({ device: 'any', setClock, hashKey: new Uint8Array(32), limits });

/** New, one refusal before it waits for a person, and waiting for one: too rarely reached by chance. */
const STARTS: readonly Partial<SessionState>[] = [
  {},
  { refusals: 2 },
  { phase: 'unpaired', problem: 'pairing_needed', refusals: 3 },
];

test('anything in any order: never throws, never hangs, gives back its slot', () => {
  const reached = new Set<string>();
  const run = (moves: readonly Move[], setClock: boolean, start: Partial<SessionState>) => {
    let state = { ...begin(setClock, { ...SESSION_LIMITS, saveEvery: 2, unsettled: 12 }), ...start };
    reached.add(state.phase);
    const holds = new Holdings();
    for (const m of moves) {
      const input = inputOf(state, m);
      const isOver = input.kind === 'timer' && !holds.timers.has(input.id);
      const step = stepSession(state, input, m.random);
      // The same again: deterministic, and the state before is as it was.
      expect(stepSession(state, input, m.random)).toEqual(step);
      holds.take(isOver ? { kind: 'dropped' } : input, step.effects);
      state = step.state;
      reached.add(state.phase);
      check(state, step.effects, holds);
    }
  };
  fc.assert(
    fc.property(
      fc.array(move, { minLength: 1, maxLength: 150, size: 'max' }),
      fc.boolean(),
      fc.constantFrom(...STARTS),
      run,
    ),
    {
      numRuns: 600,
    },
  );
  expect([...reached].toSorted()).toEqual([
    'closing',
    'connecting',
    'idle',
    'live',
    'pairing',
    'queued',
    'stopped',
    'stored-records',
    'subscribing',
    'unpaired',
    'waiting',
  ]);
});

test('from anywhere, time limits alone lead back to where it waits to be heard', () => {
  const run = (moves: readonly Move[]) => {
    let state = begin(false);
    for (const m of moves) state = stepSession(state, inputOf(state, m), m.random).state;
    // A live link is not given up for silence: its end is told by the radio.
    if (state.phase === 'live') state = stepSession(state, { kind: 'dropped' }, 0).state;
    for (let i = 0; i < 40 && state.timers.size > 0; i++) {
      const order: readonly TimerId[] = ['step', 'racp', 'queue', 'retry'];
      const id = order.find((timer) => state.timers.has(timer));
      if (id === undefined) break;
      state = stepSession(state, { kind: 'timer', id }, 0).state;
      if (state.phase === 'live') state = stepSession(state, { kind: 'dropped' }, 0).state;
    }
    expect(['idle', 'unpaired', 'stopped']).toContain(state.phase);
  };
  fc.assert(fc.property(fc.array(move, { maxLength: 120, size: 'max' }), run), { numRuns: 300 });
});

test('a table of nothing but repetitions is read to a bound, and the rest of it still', () => {
  const many = (service: string, uuid: string, can: string) =>
    Array.from({ length: 100 }, (_, i) => characteristic(service, uuid, can, `${uuid}/${i}`));
  const plan = planFor(
    [...many('180A', '2A29', 'r'), ...many('1840', '2B8B', 's'), ...many('181F', '2AAA', 'r'), ...METER],
    false,
  );
  expect(plan.length).toBeLessThan(60);
  expect(plan.at(-1)).toMatchObject({ do: 'records', service: '1808' });
});
