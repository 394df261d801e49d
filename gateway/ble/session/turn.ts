// One step of a session in the making: a draft of the next state, and the effects so far. What every part of the machine
// does with timers and with the one effect that may be under way stands here, once.
import type { ErrorCode } from '@vitalseal/ledger';
import type { EffectId, SessionEffect, SessionNote, TimerId } from './input.ts';
import type { Operation, SessionState } from './state.ts';

type Draft = { -readonly [K in keyof SessionState]: SessionState[K] };

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export class Turn {
  /** What is in it is never changed, only replaced. */
  readonly state: Draft;
  readonly effects: SessionEffect[] = [];
  /** In [0, 1). */
  readonly random: number;

  constructor(state: SessionState, random: number) {
    this.state = { ...state };
    this.random = random;
  }

  end(): SessionStep {
    return { state: this.state, effects: this.effects };
  }

  emit(effect: SessionEffect): void {
    this.effects.push(effect);
  }

  note(what: SessionNote, code: ErrorCode | null = null): void {
    this.effects.push({ kind: 'note', what, code });
  }

  takeId(): EffectId {
    const id = this.state.nextId;
    this.state.nextId = id + 1;
    return id;
  }

  /** Begins an effect of the link, with its time limit. One that is under way is given up: its answer will be ignored. */
  operate(step: Operation['step'], limitMs: number, effect: (id: EffectId) => SessionEffect): void {
    const id = this.takeId();
    this.state.operation = { id, step };
    this.emit(effect(id));
    this.start('step', limitMs);
  }

  /** The effect under way was answered, or is given up. */
  settle(): void {
    this.state.operation = null;
    this.cancel('step');
  }

  start(id: TimerId, afterMs: number): void {
    if (!this.state.timers.has(id)) this.state.timers = new Set(this.state.timers).add(id);
    this.emit({ kind: 'timer', id, afterMs });
  }

  cancel(...ids: readonly TimerId[]): void {
    for (const id of ids) {
      if (!this.state.timers.has(id)) continue;
      this.forget(id);
      this.emit({ kind: 'cancelTimer', id });
    }
  }

  /** It ran out. */
  forget(id: TimerId): void {
    const timers = new Set(this.state.timers);
    timers.delete(id);
    this.state.timers = timers;
  }
}
