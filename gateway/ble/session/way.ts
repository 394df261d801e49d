// The way to a link and away from it: queue, connect, pair, hang up, wait. Whoever leaves a link gives its slot back.
import type { ErrorCode } from '@vitalseal/ledger';
import { cutDumps, saveAgain } from './commits.ts';
import { endsAtCompanion } from './companion-reads.ts';
import { type After, isLinked } from './state.ts';
import type { Turn } from './turn.ts';

/** In a row: then it waits for a person, however long. */
const MOST_REFUSALS = 3;
const LINK_TIMERS = ['stable', 'racp', 'records', 'clock'] as const;

export function queue(turn: Turn) {
  turn.state.phase = 'queued';
  turn.state.seenAgain = false;
  turn.emit({ kind: 'requestSlot' });
  turn.start('queue', turn.state.config.limits.queueMs);
}

export function connect(turn: Turn) {
  turn.cancel('queue');
  turn.state.pairingTried = false;
  saveAgain(turn);
  reconnect(turn);
}

function reconnect(turn: Turn) {
  turn.state.phase = 'connecting';
  turn.operate({ do: 'connect' }, turn.state.config.limits.connectMs, (id) => ({ kind: 'connect', id }));
}

/** The device wants an encrypted link first. */
export function pair(turn: Turn) {
  if (turn.state.pairingTried) return unpaired(turn);
  turn.state.pairingTried = true;
  turn.state.phase = 'pairing';
  turn.operate({ do: 'pair' }, turn.state.config.limits.pairMs, (id) => ({ kind: 'pair', id }));
}

/** True when there is a link to go on with; else it is connected anew. */
export function paired(turn: Turn): boolean {
  turn.settle();
  turn.note('paired');
  turn.state.paired = true;
  if (turn.state.link === null) {
    reconnect(turn);
    return false;
  }
  const isDone = turn.state.plan.length === 0;
  turn.state.phase = !turn.state.link.wasLive ? 'subscribing' : isDone ? 'live' : 'stored-records';
  return true;
}

export function pairingFailed(turn: Turn, code: ErrorCode) {
  if (code === 'pairing_needed') return unpaired(turn);
  if (code !== 'pairing_failed') return fail(turn, code);
  turn.note('pairing-refused', code);
  turn.state.problem = code;
  hangUp(turn, { next: 'wait', ms: turn.state.config.limits.pairingRetryMs, throttled: false });
}

/** Only a person can pair this one. Each try shows digits to nobody, or something like it: it is not tried often. */
export function unpaired(turn: Turn) {
  turn.note('pairing-refused', 'pairing_needed');
  const { paired, refusals, config } = turn.state;
  turn.state.refusals = refusals + 1;
  turn.state.bondDoubted = paired;
  turn.state.problem = 'pairing_needed';
  // A bond may turn out to be good all the same, and what looked like a refusal to have been a link that dropped.
  const again = paired || refusals + 1 < MOST_REFUSALS;
  hangUp(turn, again ? { next: 'wait', ms: config.limits.pairingRetryMs, throttled: false } : { next: 'unpaired' });
}

/** Its links end as those of a device do that lost the key of its bond. Nothing is asked of it: it is tried as after any failure. */
export function keyDoubted(turn: Turn) {
  turn.note('pairing-refused', 'pairing_needed');
  turn.state.bondDoubted = true;
  hangUp(turn, failure(turn, 'pairing_needed', turn.state.config.limits.longestRetryMs));
}

/** Something failed on the way to a link, or on it. */
export function fail(turn: Turn, code: ErrorCode) {
  if (turn.state.link !== null && code === 'device_gone') return lost(turn, code);
  endsAtCompanion(turn);
  if (turn.state.link === null) turn.note('connect-failed', code);
  const { longestRetryMs, longestShortRetryMs } = turn.state.config.limits;
  // Not the device's failure; it is soon to be had again when the host is.
  const after = failure(turn, code, code === 'radio_unavailable' ? longestShortRetryMs : longestRetryMs);
  // Where there is nothing left to hang up.
  if (code === 'device_gone' || code === 'radio_unavailable') {
    turn.state.after = after;
    return closed(turn);
  }
  hangUp(turn, after);
}

/**
 * The link dropped. A cuff that said what it had to say hangs up, and is taken up again at its next sighting at once; so is
 * a link that held. One that brought nothing is a failure, though a short wait will do where all had been set up.
 */
export function lost(turn: Turn, code: ErrorCode) {
  endsAtCompanion(turn);
  const { link, config } = turn.state;
  const { longestRetryMs, longestShortRetryMs } = config.limits;
  if (link?.useful === true) {
    turn.state.failures = 0;
    turn.state.problem = null;
    turn.state.after = { next: 'idle' };
  } else {
    turn.note('link-lost', code);
    const wasLive = link?.wasLive === true;
    turn.state.after = failure(turn, code, wasLive ? longestShortRetryMs : longestRetryMs);
    if (wasLive) turn.state.problem = null;
  }
  closed(turn);
}

function failure(turn: Turn, code: ErrorCode, longestMs: number): After {
  const { failures, config } = turn.state;
  turn.state.failures = failures + 1;
  turn.state.problem = code;
  // Half of it is jitter: devices that failed together do not come back together.
  const ms = Math.min(longestMs, config.limits.retryMs * 2 ** Math.min(failures, 16));
  return { next: 'wait', ms: Math.round(ms * (0.5 + turn.random / 2)), throttled: false };
}

/** Ends the link, or the attempt at one. */
export function hangUp(turn: Turn, after: After) {
  turn.cancel(...LINK_TIMERS);
  turn.state.after = after;
  turn.state.phase = 'closing';
  turn.operate({ do: 'disconnect' }, turn.state.config.limits.disconnectMs, (id) => ({ kind: 'disconnect', id }));
}

/** There is no link any more. */
export function closed(turn: Turn) {
  turn.settle();
  turn.cancel(...LINK_TIMERS);
  cutDumps(turn);
  turn.state.link = null;
  turn.state.plan = [];
  turn.emit({ kind: 'releaseSlot' });
  enter(turn, turn.state.after);
}

/** Asked from outside: gives up whatever is under way. */
export function leave(turn: Turn, after: After) {
  const { phase } = turn.state;
  if (phase === 'closing') {
    const isKept = after.next !== 'stopped' && turn.state.after.next !== 'idle' && turn.state.after.next !== 'wait';
    if (!isKept) turn.state.after = after;
    return;
  }
  if (phase === 'connecting' || phase === 'pairing' || isLinked(turn.state)) return hangUp(turn, after);
  // A pause changes nothing for what waits to be paired.
  const isUnpaired = phase === 'unpaired' || (phase === 'waiting' && turn.state.problem === 'pairing_needed');
  if (isUnpaired && after.next !== 'stopped') return;
  turn.cancel('queue', 'retry');
  if (phase === 'queued') turn.emit({ kind: 'releaseSlot' });
  enter(turn, after);
}

function enter(turn: Turn, after: After) {
  turn.state.phase = after.next === 'wait' ? 'waiting' : after.next;
  turn.state.after = { next: 'idle' };
  turn.state.seenAgain = false;
  turn.state.throttled = after.next === 'wait' && after.throttled;
  if (after.next === 'wait') turn.start('retry', after.ms);
}

/** It has waited for long enough. */
export function retry(turn: Turn) {
  turn.state.throttled = false;
  if (turn.state.seenAgain) queue(turn);
  else turn.state.phase = 'idle';
}
