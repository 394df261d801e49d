import type { PairingDialogue, PairingOutcome } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { PairingDesk } from './pairing.ts';

/** A desk over a radio that does what the test says, and timers that fire when it says. */
function bench() {
  const timers: { ms: number; work: () => void }[] = [];
  const pairs: {
    dialogue: PairingDialogue;
    signal: AbortSignal;
    done: (outcome?: PairingOutcome) => void;
    fail: (error: Error) => void;
  }[] = [];
  const desk = new PairingDesk({
    pair: (_device, dialogue, signal) =>
      new Promise((resolve, fail) => {
        pairs.push({ dialogue, signal, done: (outcome = 'paired') => resolve(outcome), fail });
      }),
    after(ms, work) {
      const timer = { ms, work };
      timers.push(timer);
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
    },
  });
  const fire = (ms: number) => {
    for (const timer of timers.splice(0)) timer.ms === ms ? timer.work() : timers.push(timer);
  };
  return { desk, fire, timers, pair: (n = 0) => pairs[n] as (typeof pairs)[number] };
}

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('a pairing', () => {
  it('asks, is answered, and is done', async () => {
    const { desk, pair, timers } = bench();
    const begun = desk.start('meter');
    expect(begun).toEqual({ n: 1, state: 'working' });
    const look = desk.look(begun.n);
    const answered = pair().dialogue({ kind: 'confirm', passkey: '012345' });
    const asked = await look;
    expect(asked).toEqual({ n: 2, state: 'asks', question: { kind: 'confirm', passkey: '012345' } });
    desk.answer(asked.n, true);
    expect(await answered).toBe(true);
    pair().done();
    await Promise.resolve();
    expect(await desk.look(3)).toMatchObject({ state: 'done', outcome: 'paired' });
    expect(timers).toEqual([]);
  });

  it('shows digits that are typed on the device, and waits for no answer', async () => {
    const { desk, pair } = bench();
    const { n } = desk.start('meter');
    expect(await pair().dialogue({ kind: 'show-passkey', passkey: '000001' })).toBe(true);
    expect(await desk.look(n)).toMatchObject({ state: 'asks', question: { passkey: '000001' } });
  });

  it('lets a look wait for a second, and no longer', async () => {
    const { desk, fire } = bench();
    const { n } = desk.start('meter');
    const look = desk.look(n);
    fire(1000);
    expect(await look).toEqual({ n, state: 'working' });
  });

  it('fails with the code that the radio gave', async () => {
    const { desk, pair } = bench();
    desk.start('meter');
    pair().fail(new VitalsealError('pairing_failed'));
    await new Promise(setImmediate);
    expect(await desk.look(0)).toMatchObject({ state: 'failed', code: 'pairing_failed' });
    desk.start('meter');
    pair(1).fail(new TypeError('a secret'));
    await new Promise(setImmediate);
    expect(await desk.look(0)).toMatchObject({ state: 'failed', code: 'internal', message: 'a fault in Vitalseal' });
  });

  it('is one at a time, until the radio is done with the last', async () => {
    const { desk, pair } = bench();
    desk.start('meter');
    expect(() => desk.start('strap')).toThrowError(code('pairing_busy'));
    desk.cancel();
    expect(() => desk.start('strap')).toThrowError(code('pairing_busy'));
    expect(() => desk.start('strap')).toThrowError(/still being ended/);
    pair().fail(new VitalsealError('pairing_failed'));
    await new Promise(setImmediate);
    expect(await desk.look(0)).toMatchObject({ code: 'cancelled' });
    expect(desk.start('strap')).toMatchObject({ state: 'working' });
  });

  it('cancels the question when it is cancelled, and answers no later one', async () => {
    const { desk, pair } = bench();
    desk.start('meter');
    const answered = pair().dialogue({ kind: 'authorize' });
    desk.cancel();
    expect(await answered).toBeNull();
    expect(await pair().dialogue({ kind: 'authorize' })).toBeNull();
  });

  it('tells the radio that it is cancelled, and of no other end', async () => {
    const { desk, pair } = bench();
    desk.start('meter');
    pair().done();
    await new Promise(setImmediate);
    desk.cancel();
    desk.start('strap');
    expect([pair(0).signal.aborted, pair(1).signal.aborted]).toEqual([false, false]);
    desk.cancel();
    expect([pair(0).signal.aborted, pair(1).signal.aborted]).toEqual([false, true]);
  });

  it('is cancelled when nobody looks for a minute', async () => {
    const { desk, fire, pair } = bench();
    desk.start('meter');
    const answered = pair().dialogue({ kind: 'enter-passkey' });
    await desk.look(0);
    fire(60_000);
    expect(await answered).toBeNull();
    expect(await desk.look(0)).toMatchObject({ state: 'failed', code: 'cancelled' });
  });

  it('takes an answer for the question that is asked, and for no other', async () => {
    const { desk, pair } = bench();
    expect(() => desk.answer(1, true)).toThrowError(code('not_found'));
    await expect(desk.look(0)).rejects.toThrowError(code('not_found'));
    const { n } = desk.start('meter');
    expect(() => desk.answer(n, true)).toThrowError(code('not_found'));
    const first = pair().dialogue({ kind: 'enter-pin' });
    const asked = await desk.look(n);
    const second = pair().dialogue({ kind: 'confirm', passkey: '111111' });
    expect(await first).toBeNull();
    expect(() => desk.answer(asked.n, true)).toThrowError(code('not_found'));
    desk.answer((await desk.look(asked.n)).n, false);
    expect(await second).toBe(false);
  });
});
