import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchEffect,
  type BatchInput,
  type BatchLimits,
  type BatchPart,
  type BatchState,
  NO_BATCH,
  stepBatch,
  wakesAt,
} from './batcher.ts';

const LIMITS: BatchLimits = { readings: 10, bytes: 100, ageMs: 1000 };
const part = (segment: number, first: number | null, count: number, more: Partial<BatchPart> = {}): BatchPart => ({
  segment,
  first,
  count,
  bytes: count,
  alarm: false,
  ...more,
});

function run(inputs: readonly BatchInput[], limits = LIMITS): { state: BatchState; effects: BatchEffect[] } {
  let state = NO_BATCH;
  const effects: BatchEffect[] = [];
  for (const input of inputs) {
    const step = stepBatch(state, input, limits);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const reasons = (effects: readonly BatchEffect[]) => effects.map((e) => (e.kind === 'close' ? e.reason : e.kind));

describe('a batch closes', () => {
  it('by age from its first part on', () => {
    const opened = run([
      { kind: 'part', at: 5, part: part(0, 0, 1) },
      { kind: 'part', at: 900, part: part(1, 1, 1) },
    ]).state;
    expect(wakesAt(opened)).toBe(1005);
    expect(stepBatch(opened, { kind: 'time', at: 1004 }, LIMITS).effects).toEqual([]);
    expect(reasons(stepBatch(opened, { kind: 'time', at: 1005 }, LIMITS).effects)).toEqual(['age']);
  });

  it('before a part that would not fit, and at once when full', () => {
    const { state, effects } = run([
      { kind: 'part', at: 0, part: part(0, 0, 8) },
      { kind: 'part', at: 0, part: part(1, 8, 3) },
      { kind: 'part', at: 0, part: part(2, 11, 7) },
    ]);
    expect(reasons(effects)).toEqual(['size', 'size']);
    expect(state).toEqual(NO_BATCH);
  });

  it('before a counter that does not follow', () => {
    const { effects } = run([
      { kind: 'part', at: 0, part: part(0, 0, 1) },
      { kind: 'part', at: 0, part: part(1, 5, 1) },
    ]);
    expect(reasons(effects)).toEqual(['gap']);
  });

  it('at once by an alarm, whose entry is due when the batch would have closed', () => {
    const { state, effects } = run([
      { kind: 'part', at: 100, part: part(0, 0, 1) },
      { kind: 'part', at: 300, part: part(1, 1, 1, { alarm: true }) },
      { kind: 'part', at: 500, part: part(2, 2, 1, { alarm: true }) },
    ]);
    expect(reasons(effects)).toEqual(['alarm', 'alarm']);
    expect(wakesAt(state)).toBe(1100);
    expect(reasons(stepBatch(state, { kind: 'time', at: 1100 }, LIMITS).effects)).toEqual(['beat']);
  });

  it('with the beat, when a regular close comes first', () => {
    const { effects } = run([
      { kind: 'part', at: 0, part: part(0, 0, 1, { alarm: true }) },
      { kind: 'part', at: 1, part: part(1, 1, 1) },
      { kind: 'flush' },
      { kind: 'flush' },
    ]);
    expect(reasons(effects)).toEqual(['alarm', 'flush', 'beat']);
  });
});

describe('whatever comes', () => {
  const anyInput = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('part' as const),
        count: fc.integer({ min: 1, max: 15 }),
        bytes: fc.integer({ min: 1, max: 150 }),
        alarm: fc.boolean(),
        gap: fc.boolean(),
        after: fc.nat(700),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), after: fc.nat(1500) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  );

  it('no part is lost, doubled or reordered, records are unbroken and bounded, none outlives its age', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 60 }), (script) => {
        let [at, counter, segment] = [0, 0, 0];
        let state = NO_BATCH;
        const given: BatchPart[] = [];
        const closed: BatchPart[] = [];
        for (const row of script) {
          if (row.kind !== 'flush') at += row.after;
          let input: BatchInput;
          if (row.kind === 'part') {
            if (row.gap) counter += 7;
            input = {
              kind: 'part',
              at,
              part: part(segment++, counter, row.count, { bytes: row.bytes, alarm: row.alarm }),
            };
            counter += row.count;
            given.push(input.part);
          } else input = row.kind === 'time' ? { kind: 'time', at } : { kind: 'flush' };
          const step = stepBatch(state, input, LIMITS);
          state = step.state;
          for (const effect of step.effects) {
            if (effect.kind !== 'close') continue;
            closed.push(...effect.parts);
            const readings = effect.parts.reduce((sum, p) => sum + p.count, 0);
            // Only a part that is too large alone makes a record that is.
            if (effect.parts.length > 1) expect(readings).toBeLessThanOrEqual(LIMITS.readings);
            effect.parts.forEach((p, i) => {
              const before = effect.parts[i - 1];
              if (before !== undefined) expect(p.first).toBe((before.first as number) + before.count);
            });
          }
          if (input.kind === 'time' && state.closesAt !== null) expect(state.closesAt).toBeGreaterThan(at);
        }
        expect([...closed, ...state.parts]).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });
});
