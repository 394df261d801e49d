// The stored records of a service on this link: the request, its answers, its silence. What may be asked for, and how far
// the cursor goes, is decided in gateway/ble/records.
import { type RacpAnswer, REQUEST_ABORT } from '../records/control-point.ts';
import { decodeCursors, NO_CURSORS } from '../records/cursor.ts';
import {
  afterDump,
  answered,
  beginAll,
  beginDump,
  type Dump,
  isLate,
  over,
  requestOf,
  wantsAbort,
} from '../records/dump.ts';
import { STORED } from '../records/services.ts';
import { countLacking, keepDump } from './commits.ts';
import { unreadCompanions } from './companion-reads.ts';
import { CGM, lacksSessionStart, SESSION_START, sessionOf } from './companions.ts';
import { companionStep, type RecordsStep, speaksLive, stepsAnew } from './plan.ts';
import type { Link, SessionState } from './state.ts';
import type { Turn } from './turn.ts';

const RACP = '2A52';
const CONTROL_SUCCESS = 0x80;
const CONTROL_BUSY = 0x81;
const CONTROL_ERROR = 0x82;

/** The dump that is under way on this link. */
export function presentDump({ link, dumps }: SessionState): Dump | null {
  if (link === null || link.dumping === null) return null;
  return dumps.find(({ service }) => service === link.dumping) ?? null;
}

/** Answer of `load`. Without cursors all records are fetched: more work, no loss. */
export function loaded(turn: Turn, bytes: Uint8Array | null) {
  const book = bytes === null ? NO_CURSORS : decodeCursors(bytes);
  if (book === null) turn.note('cursor-damaged');
  turn.state.cursors = book ?? NO_CURSORS;
}

/** Does what is next for these records. True when there is nothing more to do. */
export function recordsStep(turn: Turn, step: RecordsStep): boolean {
  const dump = presentDump(turn.state);
  if (dump === null) {
    const asking = STORED.get(step.service);
    if (asking === undefined || !isAskable(turn.state.link, step)) {
      fetched(turn, step.service, true);
      return true;
    }
    if (step.service === CGM && !isStartKnown(turn, step)) return turn.state.operation === null;
    const cursor = turn.state.cursors?.get(step.service) ?? null;
    const session = step.service === CGM ? sessionOf(turn.state.companions, turn.state.cursors) : null;
    request(turn, step, beginDump({ service: step.service, session, asking }, cursor, turn.state.nextToken));
    return false;
  }
  if (wantsAbort(dump)) abort(turn, step, dump);
  if (dump.phase !== 'over') return false;
  const next = afterDump(dump);
  if (next === 'all') {
    turn.note('records-all');
    request(turn, step, beginAll(dump, turn.state.nextToken));
    return false;
  }
  turn.cancel('racp');
  finish(turn, dump, next === 'done' && !dump.refused);
  return true;
}

/** False: it is being read once more, or could not be, and these records have to wait. */
function isStartKnown(turn: Turn, { service }: RecordsStep): boolean {
  const { link, companions, config } = turn.state;
  if (link === null || !lacksSessionStart(companions, link.characteristics)) return true;
  const isUnread = unreadCompanions(turn.state).has(SESSION_START);
  const read = isUnread ? null : companionStep(link.characteristics, SESSION_START);
  turn.state.link = { ...link, startAsked: !link.startAsked };
  if (link.startAsked || read === null) fetched(turn, service, false);
  else turn.operate(read, config.limits.stepMs, (id) => ({ kind: 'read', id, handle: read.handle, uuid: read.uuid }));
  return false;
}

/** What it stored since is easily asked for. One that would have to stop speaking says it live as well. */
function isCheap({ subscriptions }: Link, { service }: RecordsStep): boolean {
  return !speaksLive(service, subscriptions.values()) && (STORED.get(service)?.numberBits ?? 0) > 0;
}

/** The control point and at least one of the characteristics that it reports said yes to their subscription. */
function isAskable(link: Link | null, { service, handle }: RecordsStep): boolean {
  if (link === null || !link.subscriptions.has(handle)) return false;
  return [...link.subscriptions.values()].some((s) => s.service === service && s.recorded);
}

function request(turn: Turn, step: RecordsStep, fresh: Dump) {
  const { link, config, tornDumps } = turn.state;
  if (link !== null) {
    // What an earlier request left unfinished does not go on.
    const isOther = (handle: string) => link.subscriptions.get(handle)?.service !== step.service;
    const assemblies = new Map([...link.assemblies].filter(([handle]) => isOther(handle)));
    turn.state.link = { ...link, assemblies, dumping: step.service, told: 0 };
  }
  const dump = { ...fresh, tolerant: (tornDumps.get(step.service) ?? 0) >= config.limits.tornDumps };
  keepDump(turn, dump);
  write(turn, step, step, requestOf(dump));
}

function abort(turn: Turn, step: RecordsStep, dump: Dump) {
  keepDump(turn, { ...dump, phase: 'aborting' });
  write(turn, step, { do: 'abort' }, REQUEST_ABORT);
}

function write(turn: Turn, { handle }: RecordsStep, step: RecordsStep | { do: 'abort' }, bytes: Uint8Array) {
  const { stepMs, racpMs } = turn.state.config.limits;
  turn.operate(step, stepMs, (id) => ({ kind: 'write', id, handle, uuid: RACP, bytes }));
  turn.start('racp', racpMs);
}

function finish(turn: Turn, dump: Dump, whole: boolean) {
  turn.note(whole ? 'records-complete' : 'records-incomplete');
  countLacking(turn, dump);
  fetched(turn, dump.service, whole);
  if (turn.state.link !== null) turn.state.link = { ...turn.state.link, dumping: null };
}

/** Or not whole: then it is asked for again, after longer and longer waits. */
function fetched(turn: Turn, service: string, whole: boolean) {
  const { link } = turn.state;
  if (link === null) return;
  const incomplete = new Set(link.incomplete);
  if (whole) incomplete.delete(service);
  else incomplete.add(service);
  turn.state.link = { ...link, incomplete, attempts: incomplete.size === 0 ? 0 : link.attempts };
}

/** What was written was not taken, and is to be written again once the link is encrypted. */
export function requestAnew(turn: Turn) {
  if (turn.state.link !== null) turn.state.link = { ...turn.state.link, dumping: null };
}

/** The control point spoke, or what was written to it was refused. */
export function racpSaid(turn: Turn, answer: RacpAnswer) {
  const dump = presentDump(turn.state);
  if (dump === null) return;
  const next = answered(dump, answer);
  keepDump(turn, next);
  // Not by each answer anew.
  if (isLate(next) && !isLate(dump)) awaitRecords(turn, next);
}

/** The next record, or the answer, has so long to come. */
export function awaitRecords(turn: Turn, dump: Dump) {
  const { racpMs, lateMs, quietMs } = turn.state.config.limits;
  if (!isLate(dump)) turn.start('racp', racpMs);
  else turn.start('racp', dump.expected === null ? quietMs : lateMs);
}

/** The device sends nothing any more: aborted, and left at that. */
export function silent(turn: Turn) {
  const dump = presentDump(turn.state);
  const step = turn.state.plan[0];
  if (dump === null || step?.do !== 'records') return;
  if (isLate(dump)) return keepDump(turn, over(dump, 'complete'));
  if (turn.state.operation !== null) return awaitRecords(turn, dump);
  if (dump.phase === 'asked' && !dump.unabortable) return abort(turn, step, dump);
  keepDump(turn, over(dump, 'incomplete'));
}

/** Live: when to ask again. */
export function armRecords(turn: Turn) {
  const { link, config } = turn.state;
  if (link === null) return;
  const { recordsAgainMs, recordsEveryMs } = config.limits;
  if (link.incomplete.size > 0) turn.start('records', recordsAgainMs * 2 ** Math.min(link.attempts, 6));
  else if (link.records.some((step) => isCheap(link, step))) turn.start('records', recordsEveryMs);
}

/** An observation came live that may come from the store as well. */
export function toldLive(turn: Turn, service: string) {
  const { link, config } = turn.state;
  if (link === null) return;
  turn.state.link = { ...link, told: link.told + 1 };
  if (link.told + 1 === config.limits.liveBeforeRecords) askLater(turn, service);
}

/** The control point of a health sensor answers a start, or the stop before one. */
export function controlSaid(turn: Turn, service: string, bytes: Uint8Array) {
  const { link } = turn.state;
  if (link === null || bytes.length !== 1) return;
  const isStarted = bytes[0] === CONTROL_SUCCESS;
  const isRefused = bytes[0] === CONTROL_BUSY || bytes[0] === CONTROL_ERROR;
  if (isRefused) askLater(turn, service);
  // With stored records it is their end that says so.
  if (isStarted && !link.records.some((step) => step.service === service)) fetched(turn, service, true);
}

/**
 * The records of a service are to be asked for again: the inbox did not keep one of a dump that was over, which the cursor
 * has not passed, or knows no more of them before long.
 */
export function askLater(turn: Turn, service: string | null) {
  const { link, phase } = turn.state;
  if (service === null || link === null || link.incomplete.has(service)) return;
  turn.state.link = { ...link, incomplete: new Set(link.incomplete).add(service) };
  if (phase === 'live') armRecords(turn);
}

/** The time has come for what was incomplete, or whatever new there is. False when it has not, after all. */
export function askAgain(turn: Turn): boolean {
  const { link, phase, operation } = turn.state;
  if (link === null) return false;
  if (phase !== 'live' || operation !== null) {
    armRecords(turn);
    return false;
  }
  const { incomplete, records, attempts, subscriptions } = link;
  const cheap = records.filter((step) => isCheap(link, step)).map(({ service }) => service);
  const wanted = new Set([...incomplete, ...cheap]);
  turn.state.plan = [...wanted].flatMap((service) => stepsAnew(service, records, subscriptions.values()));
  turn.state.link = { ...link, attempts: incomplete.size > 0 ? attempts + 1 : 0 };
  return true;
}
