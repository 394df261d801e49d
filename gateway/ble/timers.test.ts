import { expect, it } from 'vitest';
import { Timers } from './timers.ts';

/** A host whose timers fire only when told, and are counted. */
function host() {
  const armed = new Map<number, { atMs: number; work: () => void }>();
  const state = { nowMs: 0, made: 0 };
  const after = (ms: number, work: () => void) => {
    const id = state.made++;
    armed.set(id, { atMs: state.nowMs + ms, work });
    return () => void armed.delete(id);
  };
  const pass = (ms: number) => {
    state.nowMs += ms;
    for (const [id, { atMs, work }] of [...armed]) if (atMs <= state.nowMs && armed.delete(id)) work();
  };
  return { armed, state, after, pass };
}

it('fires once, a timer that is put off again and again costs one of the host', () => {
  const { state, after, pass } = host();
  const fired: string[] = [];
  const timers = new Timers<'racp'>(
    after,
    () => state.nowMs,
    (id) => fired.push(id),
  );
  for (let i = 0; i < 1000; i++) {
    timers.start('racp', 30_000);
    pass(10);
  }
  expect([state.made, fired.length, timers.size]).toEqual([1, 0, 1]);
  pass(20_000);
  expect(fired).toEqual([]);
  pass(10_000);
  expect([fired.length, timers.size]).toEqual([1, 0]);
});

it('an earlier end counts, and nothing fires once it is cancelled', () => {
  const { armed, state, after, pass } = host();
  const fired: string[] = [];
  const timers = new Timers<'a' | 'b'>(
    after,
    () => state.nowMs,
    (id) => fired.push(id),
  );
  timers.start('a', 1000);
  timers.start('a', 100);
  timers.start('b', 50);
  timers.cancel('b');
  pass(100);
  expect(fired).toEqual(['a']);
  timers.start('a', 100);
  timers.clear();
  pass(1000);
  expect([fired.length, armed.size]).toEqual([1, 0]);
});
