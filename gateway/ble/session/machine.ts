// The session of one device as a pure machine: (state, input, random) → state and effects.
//
//   idle ─seen─► queued ─granted─► connecting ─► subscribing ─► stored-records ─► live
//    ▲  ▲                              │    └► pairing ┘              │             │
//    │  └──── retry ──── waiting ◄─────┴──────── closing ◄────────────┴─────────────┤
//    └────────────────────────────── a link that brought something dropped ◄────────┘
//
// This file holds what goes round that circle; link.ts what is done on a link, records.ts the stored records, values.ts
// what notifications become.
import type { ErrorCode } from '@vitalseal/ledger';
import { commit, cursorSaved, cursorUnsaved } from './commits.ts';
import type { SessionInput, TimerId } from './input.ts';
import { begin, cursorLoaded, proceed, readDone, setClock, stepDone, stepFailed } from './link.ts';
import { askAgain, askLater, silent } from './records.ts';
import { isLinked, type SessionState, wantsSlot } from './state.ts';
import { type SessionStep, Turn } from './turn.ts';
import { liveValue, takeValue } from './values.ts';
import { closed, connect, fail, keyDoubted, leave, lost, paired, pairingFailed, queue, retry } from './way.ts';

export type { SessionStep } from './turn.ts';

/**
 * One step. `random` in [0, 1) is the jitter of whatever wait follows. Deterministic; never throws. A live value that
 * changes nothing gives back the very same state.
 */
export function stepSession(state: SessionState, input: SessionInput, random: number): SessionStep {
  if (input.kind === 'value') {
    const live = liveValue(state, input.handle, input.bytes);
    if (live !== null) return live;
  }
  if (input.kind === 'seen' && !wantsSighting(state, input.paired)) return { state, effects: [] };
  const turn = new Turn(state, random);
  take(turn, input);
  return turn.end();
}

/** The sightings of a device that is connected come several times a second: they cost nothing. */
function wantsSighting({ phase, seenAgain, paired }: SessionState, nowPaired: boolean): boolean {
  if (phase === 'idle' || paired !== nowPaired) return true;
  return (phase === 'waiting' || phase === 'queued') && !seenAgain;
}

function take(turn: Turn, input: SessionInput) {
  const { state } = turn;
  if (input.kind === 'delivered' || input.kind === 'undelivered') {
    // Commits come late, and count also when the device is long gone; but where it was removed, its cursor was too.
    return state.phase === 'stopped' ? undefined : askLater(turn, commit(turn, input));
  }
  if (input.kind === 'done' && input.id === state.saving) return cursorSaved(turn);
  if (input.kind === 'failed' && input.id === state.saving) return cursorUnsaved(turn, input.code);
  if (state.phase === 'stopped' && input.kind !== 'granted') return;
  switch (input.kind) {
    case 'seen':
      return seen(turn, input.paired);
    case 'granted':
      if (state.phase === 'queued') return connect(turn);
      // It was taken back meanwhile.
      if (!wantsSlot(state)) turn.emit({ kind: 'releaseSlot' });
      return;
    case 'value':
      takeValue(turn, input.handle, input.bytes);
      return proceed(turn);
    case 'radioDown':
      return radioDown(turn);
    case 'dropped':
      // While it connects, the answer to that says it; a drop that is told late belongs to the link before.
      if (state.phase === 'closing') closed(turn);
      else if (isLinked(state)) lost(turn, 'device_gone');
      return;
    case 'timer':
      if (!state.timers.has(input.id)) return;
      turn.forget(input.id);
      return timer(turn, input.id);
    case 'pairedByHand':
      turn.state.paired = true;
      turn.state.bondDoubted = false;
      turn.state.refusals = 0;
      turn.state.failures = 0;
      if (state.phase !== 'unpaired' && state.phase !== 'waiting') return;
      turn.cancel('retry');
      return queue(turn);
    case 'pause':
      return leave(turn, { next: 'wait', ms: input.forMs, throttled: input.why === 'throttled' });
    case 'stop':
      return leave(turn, { next: 'stopped' });
    default:
      if (state.operation?.id === input.id) answer(turn, input);
  }
}

function seen(turn: Turn, paired: boolean) {
  const { phase, paired: before } = turn.state;
  turn.state.paired = paired;
  if (phase === 'idle' || (phase === 'unpaired' && paired && !before)) queue(turn);
  else turn.state.seenAgain = phase !== 'unpaired';
}

function radioDown(turn: Turn) {
  if (turn.state.phase === 'queued') return leave(turn, { next: 'idle' });
  if (!wantsSlot(turn.state)) return;
  // Nobody's failure: as soon as the device is heard again, all begins anew.
  if (turn.state.phase !== 'closing' || turn.state.after.next === 'wait') turn.state.after = { next: 'idle' };
  closed(turn);
}

function timer(turn: Turn, id: TimerId) {
  const { state } = turn;
  const { limits } = state.config;
  switch (id) {
    case 'step':
      return unanswered(turn);
    case 'queue':
      if (!state.seenAgain) return leave(turn, { next: 'idle' });
      turn.state.seenAgain = false;
      return turn.start('queue', limits.queueMs);
    case 'retry':
      return retry(turn);
    case 'stable':
      return stable(turn);
    case 'racp':
      silent(turn);
      return proceed(turn);
    case 'records':
      if (askAgain(turn)) proceed(turn);
      return;
    case 'clock':
      return setClock(turn);
  }
}

/** The link has held. */
function stable(turn: Turn) {
  turn.state.failures = 0;
  turn.state.problem = null;
  if (turn.state.link !== null) turn.state.link = { ...turn.state.link, useful: true };
}

/** The radio and the driver promise an answer to everything; this is for the day on which one does not come. */
function unanswered(turn: Turn) {
  turn.note('effect-unanswered');
  failed(turn, 'radio_timeout');
}

function failed(turn: Turn, code: ErrorCode) {
  const step = turn.state.operation?.step;
  if (step === undefined) return;
  switch (step.do) {
    case 'disconnect':
      // There is no more that could be done about it; the slot is needed.
      return closed(turn);
    case 'pair':
      return pairingFailed(turn, code);
    case 'connect':
      if (code !== 'pairing_needed') return fail(turn, code);
      return turn.state.paired ? keyDoubted(turn) : stepFailed(turn, step, code);
    default:
      return stepFailed(turn, step, code);
  }
}

type Answer = Extract<SessionInput, { kind: 'connected' | 'done' | 'readDone' | 'cursorLoaded' | 'failed' }>;

/** To the effect under way. One of the wrong kind is none, and the time limit runs on. */
function answer(turn: Turn, input: Answer) {
  const step = turn.state.operation?.step;
  if (step === undefined) return;
  if (input.kind === 'failed') return failed(turn, input.code);
  if (input.kind === 'connected') return step.do === 'connect' ? begin(turn, input.characteristics) : undefined;
  if (input.kind === 'readDone') return step.do === 'read' ? readDone(turn, step, input) : undefined;
  if (input.kind === 'cursorLoaded') return step.do === 'load' ? cursorLoaded(turn, input.bytes) : undefined;
  switch (step.do) {
    case 'connect':
    case 'read':
    case 'load':
      return;
    case 'disconnect':
      return closed(turn);
    case 'pair':
      if (paired(turn)) proceed(turn);
      return;
    default:
      return stepDone(turn, step);
  }
}
