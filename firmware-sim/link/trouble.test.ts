import { describe, expect, it } from 'vitest';
import { type Trouble, TroubleWatch } from './trouble.ts';

function watch() {
  const told: Trouble[] = [];
  return { told, watch: new TroubleWatch((trouble) => told.push(trouble)) };
}

const unreachable = { kind: 'unreachable', reason: 'ECONNREFUSED' };

describe('what keeps messages from being acknowledged', () => {
  it('is told once while it lasts, and again when it comes back', () => {
    const { told, watch: w } = watch();
    for (let n = 0; n < 5; n++) {
      w.failed('unreachable', 'ECONNREFUSED');
      w.ended();
    }
    expect(told).toEqual([unreachable]);
    w.connected();
    w.acknowledged();
    expect(w.now()).toBeNull();
    w.ended();
    w.failed('unreachable', 'ECONNREFUSED');
    expect(told).toEqual([unreachable, unreachable]);
    expect(w.now()).toEqual(unreachable);
  });

  it('is nothing when the broker restarts', () => {
    const { told, watch: w } = watch();
    for (let n = 0; n < 2; n++) {
      w.connected();
      w.ended();
    }
    w.connected();
    expect(w.now()).toBeNull();
    expect(told).toEqual([]);
  });

  it('is a broker that closes again and again before it acknowledges, with its reason where it gives one', () => {
    const { told, watch: w } = watch();
    for (let n = 0; n < 5; n++) {
      w.connected();
      w.dismissed('Session taken over');
      w.ended();
    }
    expect(told).toEqual([{ kind: 'closed', reason: 'Session taken over' }]);
    w.connected();
    expect(w.now()).toEqual(told[0]);
    w.acknowledged();
    expect(w.now()).toBeNull();
  });

  it('is a refusal only while nothing was acknowledged', () => {
    const { told, watch: w } = watch();
    w.connected();
    w.refused('Not authorized');
    w.refused('Not authorized');
    expect(told).toEqual([{ kind: 'refused', reason: 'Not authorized' }]);
    w.acknowledged();
    w.refused('Payload format invalid');
    expect(w.now()).toBeNull();
    expect(told).toHaveLength(1);
  });

  it('is a login that is refused after one that was not', () => {
    const { told, watch: w } = watch();
    w.connected();
    w.acknowledged();
    w.ended();
    w.failed('login', 'Not authorized');
    expect(told).toEqual([{ kind: 'login', reason: 'Not authorized' }]);
  });

  it('is a peer that never answers, or closes before it does', () => {
    const { told, watch: w } = watch();
    expect(w.now()).toEqual({ kind: 'unreachable', reason: 'no answer' });
    expect(told).toEqual([]);
    w.ended();
    expect(told).toEqual([{ kind: 'unreachable', reason: 'the connection ends before an answer' }]);
  });
});
