// What is done on a link, step after step of its plan, until the device is live; and what each answer means.
import type { ErrorCode } from '@vitalseal/ledger';
import type { GattCharacteristic } from '../radio.ts';
import { NO_CURSORS } from '../records/cursor.ts';
import { clockSetting, lookAtClock, zoneToKeep } from '../time/device-clock.ts';
import { shownTime } from '../time/wire.ts';
import { companionRead, isDoneWithout, unreadCompanions } from './companion-reads.ts';
import { CGM, lacksSessionStart, NO_COMPANIONS } from './companions.ts';
import { sharedContexts } from './context.ts';
import { liveEffects } from './deliver.ts';
import type { SessionInput } from './input.ts';
import {
  ABOUT,
  clockSetter,
  type PlanStep,
  planFor,
  type ReadStep,
  type SetClockStep,
  type Subscription,
} from './plan.ts';
import { armRecords, askLater, loaded, racpSaid, recordsStep, requestAnew } from './records.ts';
import type { Operation, SessionState } from './state.ts';
import type { Turn } from './turn.ts';
import { batteryLevel } from './values.ts';
import { fail, pair } from './way.ts';

/** Connected, and all characteristics are known. */
export function begin(turn: Turn, characteristics: readonly GattCharacteristic[]) {
  turn.settle();
  turn.state.companions = NO_COMPANIONS;
  const plan = planFor(characteristics, turn.state.about.model !== null, unreadCompanions(turn.state));
  turn.state.phase = 'subscribing';
  turn.state.plan = plan;
  turn.state.hasClock = plan.some((step) => step.do === 'read' && step.what === 'clock');
  turn.state.extra = sharedContexts(null, turn.state.companions);
  turn.state.link = {
    characteristics,
    subscriptions: new Map(),
    assemblies: new Map(),
    useful: false,
    wasLive: false,
    records: plan.filter((step) => step.do === 'records'),
    dumping: null,
    incomplete: new Set(),
    attempts: 0,
    startAsked: false,
    newestOffset: 0,
    told: 0,
    clock: null,
    clockSetter: null,
  };
  proceed(turn);
}

/** Goes on with the plan as far as it goes without an answer. */
export function proceed(turn: Turn) {
  while (turn.state.operation === null && turn.state.link !== null && turn.state.phase !== 'closing') {
    const step = turn.state.plan[0];
    if (step === undefined) {
      if (turn.state.phase !== 'live') goLive(turn);
      return;
    }
    if (!perform(turn, step)) return;
    next(turn, step);
  }
}

/** One that another step asked for stands not in the plan. */
function next(turn: Turn, step: Operation['step']) {
  if (turn.state.plan[0] === step) turn.state.plan = turn.state.plan.slice(1);
}

/** True when the step is done without asking anybody. */
function perform(turn: Turn, step: PlanStep): boolean {
  const { stepMs } = turn.state.config.limits;
  switch (step.do) {
    case 'read':
      turn.operate(step, stepMs, (id) => ({ kind: 'read', id, handle: step.handle, uuid: step.uuid }));
      return false;
    case 'subscribe':
      // Before the answer: the first value may come with it.
      subscribed(turn, step.to, true);
      turn.operate(step, stepMs, (id) => ({ kind: 'subscribe', id, handle: step.to.handle, uuid: step.to.uuid }));
      return false;
    case 'write':
      turn.operate(step, stepMs, (id) => ({
        kind: 'write',
        id,
        handle: step.handle,
        uuid: step.uuid,
        bytes: step.bytes,
      }));
      return false;
    case 'load':
      if (turn.state.cursors !== null) return true;
      turn.operate(step, stepMs, (id) => ({ kind: 'loadCursor', id }));
      return false;
    case 'records':
      turn.state.phase = 'stored-records';
      return recordsStep(turn, step);
    case 'set-clock': {
      const zoneMs = turn.state.clock === null ? null : zoneToKeep(turn.state.clock);
      turn.operate(step, stepMs, (id) => ({ kind: 'setClock', id, handle: step.handle, uuid: step.uuid, zoneMs }));
      return false;
    }
  }
}

function subscribed(turn: Turn, to: Subscription, yes: boolean) {
  const { link } = turn.state;
  if (link === null) return;
  const subscriptions = new Map(link.subscriptions);
  if (yes) subscriptions.set(to.handle, to);
  else subscriptions.delete(to.handle);
  turn.state.link = { ...link, subscriptions };
}

/** All is set up: from here on the device speaks. */
function goLive(turn: Turn) {
  turn.state.refusals = 0;
  turn.state.bondDoubted = false;
  const { link, config } = turn.state;
  if (link === null) return;
  if (![...link.subscriptions.values()].some(({ role }) => role === 'readings' || role === 'segments')) {
    turn.note('nothing-to-subscribe');
    return fail(turn, turn.state.problem ?? 'characteristic_unknown');
  }
  turn.state.phase = 'live';
  turn.state.problem = null;
  armRecords(turn);
  if (link.wasLive) return;
  turn.state.link = { ...link, wasLive: true };
  turn.start('stable', config.limits.stableMs);
  if (link.clockSetter !== null) turn.start('clock', config.limits.setClockAfterMs);
}

/** `done` for a step of the plan, or for what belongs to one. */
export function stepDone(turn: Turn, step: Operation['step']) {
  turn.settle();
  if (step.do === 'subscribe' || step.do === 'write') next(turn, step);
  else if (step.do === 'set-clock') clockSet(turn, step);
  proceed(turn);
}

/** It is read again: what it shows now is what later readings have. */
function clockSet(turn: Turn, { handle, uuid }: SetClockStep) {
  turn.note('clock-set');
  turn.state.clock = null;
  const read = turn.state.link?.characteristics.find((c) => c.handle === handle && c.canRead);
  const again: ReadStep | null =
    read === undefined ? null : { do: 'read', what: 'clock', handle, uuid, service: read.service };
  turn.state.plan = again === null ? [] : [again];
  turn.state.extra = sharedContexts(null, turn.state.companions);
}

/** The pause before a clock is set is over. What was stored under the old one comes first, and with a look at that. */
export function setClock(turn: Turn) {
  const { link, phase, operation, config } = turn.state;
  if (link?.clockSetter == null) return;
  const { setClockAfterMs, recordsAgainMs } = config.limits;
  if (areAwaited(turn.state)) return turn.start('clock', recordsAgainMs);
  if (phase !== 'live' || operation !== null) return turn.start('clock', setClockAfterMs);
  turn.state.plan = [link.clockSetter];
  turn.state.link = { ...link, clockSetter: null };
  proceed(turn);
}

/** Stored records that may still come. Those of a CGM whose start cannot be read do not. */
function areAwaited({ link, companions }: SessionState): boolean {
  const isStartless = link !== null && lacksSessionStart(companions, link.characteristics);
  return [...(link?.incomplete ?? [])].some((service) => service !== CGM || !isStartless);
}

export function cursorLoaded(turn: Turn, bytes: Uint8Array | null) {
  turn.settle();
  loaded(turn, bytes);
  proceed(turn);
}

/** What a characteristic said. */
export function readDone(turn: Turn, step: ReadStep, input: Extract<SessionInput, { kind: 'readDone' }>) {
  turn.settle();
  next(turn, step);
  switch (step.what) {
    case 'about':
      aboutRead(turn, step.uuid, input.bytes);
      break;
    case 'battery':
      for (const effect of liveEffects(turn.state, { ...step, recorded: false }, input.bytes)) {
        turn.emit(effect);
        if (effect.kind === 'deliver') batteryLevel(turn, effect.measurement);
      }
      break;
    case 'companion':
      companionRead(turn, step, input.bytes);
      break;
    case 'clock':
      clockRead(turn, step.uuid, input);
  }
  proceed(turn);
}

/** For status only, and shown to a person: printable, and not long. */
function aboutRead(turn: Turn, uuid: string, bytes: Uint8Array) {
  const key = ABOUT.get(uuid);
  if (key === undefined) return;
  const text = new TextDecoder()
    .decode(bytes.subarray(0, 64))
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    .trim();
  turn.state.about = { ...turn.state.about, [key]: text };
}

function clockRead(
  turn: Turn,
  uuid: string,
  { bytes, sent, received }: Extract<SessionInput, { kind: 'readDone' }>,
): void {
  const { link, config } = turn.state;
  const shown = shownTime(uuid, bytes);
  const look = shown === null ? null : lookAtClock(shown, sent, received, turn.state.clock);
  turn.state.clock = look;
  turn.state.extra = sharedContexts(look, turn.state.companions);
  if (link === null) return;
  const setting = look === null ? null : clockSetting(look, config.setClock, received);
  const setter = setting === 'due' ? clockSetter(link.characteristics, uuid) : null;
  turn.state.link = { ...link, clock: look };
  turn.state.clockSetting = setting === 'due' && setter === null ? 'not-settable' : setting;
  // Once a connection: a clock that does not take it is not set for ever.
  if (setter !== null && link.wasLive) turn.state.clockSetting = 'not-taken';
  else if (setter !== null) turn.state.link = { ...turn.state.link, clockSetter: setter };
  if (look !== null && look.fault !== null) turn.note('clock-faulty');
}

/** An effect of the link failed. Some codes end it; all others mean that the device refused this one thing. */
export function stepFailed(turn: Turn, step: Operation['step'], code: ErrorCode) {
  if (code === 'device_gone' || code === 'radio_timeout' || code === 'radio_unavailable') return fail(turn, code);
  if (code === 'pairing_needed' && !isDoneWithout(step)) {
    if (step.do === 'records' || step.do === 'abort') requestAnew(turn);
    return pair(turn);
  }
  turn.settle();
  refused(turn, step, code);
  proceed(turn);
}

function refused(turn: Turn, step: Operation['step'], code: ErrorCode) {
  turn.note('step-refused', code);
  switch (step.do) {
    case 'subscribe':
      subscribed(turn, step.to, false);
      turn.state.problem = code;
      return next(turn, step);
    case 'load':
      // Fetched whole: the inbox knows what it has.
      turn.state.cursors = NO_CURSORS;
      return next(turn, step);
    case 'records':
      return racpSaid(turn, { to: 'report', says: 'unsupported', count: null });
    case 'abort':
      return racpSaid(turn, { to: 'abort', says: 'unsupported', count: null });
    case 'set-clock':
      turn.state.clockSetting = 'not-taken';
      return next(turn, step);
    case 'write':
      askLater(turn, step.service);
      return next(turn, step);
    default:
      return next(turn, step);
  }
}
