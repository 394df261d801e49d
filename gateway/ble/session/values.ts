// What notifications become. Live values take the short way: no new state, one effect a measurement. While stored records
// are fetched, values of that service are the records.

import type { Measurement } from '../../profiles/decoded.ts';
import { assemble, NO_ASSEMBLY } from '../../profiles/health-sensor-segments.ts';
import { racpAnswer } from '../records/control-point.ts';
import { arrived, bringsNews, type Dump, isCursor, recognised, torn } from '../records/dump.ts';
import { keepDump } from './commits.ts';
import { sessionIsOver } from './companion-reads.ts';
import { CGM_MEASUREMENT } from './companions.ts';
import { decoded, deliver, keyOf, liveEffects, quarantine } from './deliver.ts';
import type { Subscription } from './plan.ts';
import { askLater, awaitRecords, controlSaid, presentDump, racpSaid, toldLive } from './records.ts';
import type { SessionState } from './state.ts';
import type { SessionStep, Turn } from './turn.ts';
import { fail } from './way.ts';

const BATTERY = '2A19';
/** Glucose Measurement: its base time is its context's too. */
const GLUCOSE = '2A18';
/** Glucose records whose context may still come; it follows its record at once. */
const MOST_BASE_TIMES = 16;
/** What stands beside a record under the same sequence number, and is no place in the order. */
const BESIDE = '2A34';

/** The next state when a value changes nothing but what `effects` say; null when `takeValue` has to look closer. */
export function liveValue(state: SessionState, handle: string, bytes: Uint8Array): SessionStep | null {
  const { link } = state;
  const from = link?.subscriptions.get(handle);
  // Not subscribed, or no longer: nobody knows what it is. Of a device that was removed, nobody may know.
  const isOver = state.phase === 'closing' && state.after.next === 'stopped';
  if (link == null || from === undefined || isOver) return { state, effects: [] };
  if (from.role !== 'readings' || !link.useful || link.dumping === from.service) return null;
  if (from.uuid === BATTERY || from.uuid === GLUCOSE || from.uuid === CGM_MEASUREMENT) return null;
  return { state, effects: liveEffects(state, from, bytes) };
}

export function takeValue(turn: Turn, handle: string, bytes: Uint8Array) {
  const from = turn.state.link?.subscriptions.get(handle);
  if (from === undefined) return;
  if (from.role === 'racp') {
    const answer = from.service === turn.state.link?.dumping ? racpAnswer(bytes) : null;
    if (answer !== null) racpSaid(turn, answer);
    return;
  }
  if (from.role === 'control') return controlSaid(turn, from.service, bytes);
  const whole = from.role === 'segments' ? joined(turn, from, bytes) : bytes;
  if (whole === null) return;
  const dump = presentDump(turn.state);
  if (dump !== null && isOf(dump, from)) return record(turn, from, whole, dump);
  live(turn, from, whole);
}

/** A value of it is a record that was asked for. */
function isOf({ phase, service }: Dump, from: Subscription): boolean {
  return phase !== 'over' && service === from.service && from.recorded;
}

/** Adds a segment; the observation once it is whole. */
function joined(turn: Turn, from: Subscription, segment: Uint8Array): Uint8Array | null {
  const { link } = turn.state;
  if (link === null) return null;
  const { assembly, whole, lost } = assemble(link.assemblies.get(from.handle) ?? NO_ASSEMBLY, segment);
  turn.state.link = { ...link, assemblies: new Map(link.assemblies).set(from.handle, assembly) };
  if (lost !== null) {
    const dump = presentDump(turn.state);
    const stored = dump !== null && isOf(dump, from) ? dump : null;
    turn.emit(quarantine(from, lost.bytes, 'characteristic_truncated', stored && takeToken(turn)));
    if (stored !== null) keepDump(turn, torn(stored));
  }
  return whole;
}

function live(turn: Turn, from: Subscription, bytes: Uint8Array) {
  const packet = decoded(from.uuid, bytes, turn.state.companions);
  if (from.uuid === CGM_MEASUREMENT) watchOffset(turn, from, packet);
  for (const effect of liveEffects(turn.state, from, bytes, packet)) {
    turn.emit(effect);
    if (effect.kind !== 'deliver') continue;
    if (effect.twin !== null && effect.record === null) toldLive(turn, from.service);
    rememberBaseTime(turn, from, effect.measurement);
    if (effect.measurement.readings.length === 0) continue;
    if (from.uuid === BATTERY) batteryLevel(turn, effect.measurement);
    else useful(turn);
  }
}

/** A session that begins anew on the same link counts from 0 again: its start is read before its records are asked for. */
function watchOffset(turn: Turn, from: Subscription, packet: ReturnType<typeof decoded>) {
  const { link } = turn.state;
  const offset = typeof packet === 'string' ? undefined : packet.measurements.at(-1)?.record?.sequence;
  if (offset === undefined || link === null) return;
  turn.state.link = { ...link, newestOffset: offset };
  if (offset >= link.newestOffset) return;
  sessionIsOver(turn);
  askLater(turn, from.service);
}

/** For status: percent, of whichever battery spoke last. */
export function batteryLevel(turn: Turn, { readings }: Measurement) {
  const value = readings[0]?.value;
  if (value?.kind !== 'decimal' || value.exponent !== 0) return;
  turn.state.about = { ...turn.state.about, battery: Number(value.mantissa) };
}

function rememberBaseTime(turn: Turn, { uuid }: Subscription, { record }: Measurement) {
  if (uuid !== GLUCOSE || record === null || record.baseTime === null) return;
  const known = new Map(turn.state.baseTimes);
  known.delete(record.sequence);
  known.set(record.sequence, record.baseTime);
  if (known.size > MOST_BASE_TIMES) known.delete(known.keys().next().value as number);
  turn.state.baseTimes = known;
}

function useful(turn: Turn) {
  const { link } = turn.state;
  if (link !== null && !link.useful) turn.state.link = { ...link, useful: true };
}

function record(turn: Turn, from: Subscription, bytes: Uint8Array, dump: Dump) {
  const { saveEvery, unsettled } = turn.state.config.limits;
  awaitRecords(turn, dump);
  const packet = decoded(from.uuid, bytes, turn.state.companions);
  if (typeof packet === 'string') {
    turn.emit(quarantine(from, bytes, packet, takeToken(turn)));
    return keepDump(turn, arrived(dump, null, saveEvery));
  }
  let next = dump;
  for (const measurement of packet.measurements) {
    rememberBaseTime(turn, from, measurement);
    const key = keyOf(turn.state, from, measurement);
    const isPlaced = key !== null && measurement.record !== null && from.uuid !== BESIDE;
    const place = isPlaced ? { sequence: measurement.record.sequence, hash: key.hash } : null;
    if (place !== null && isCursor(next, place)) {
      next = recognised(next, place);
      continue;
    }
    turn.emit(deliver(turn.state, from, measurement, true, takeToken(turn), key));
    next = arrived(next, place, saveEvery);
    if (bringsNews(next)) useful(turn);
  }
  keepDump(turn, next);
  if (next.nextToken - next.settled > unsettled) fail(turn, 'rate_exceeded');
}

function takeToken(turn: Turn): number {
  const token = turn.state.nextToken;
  turn.state.nextToken = token + 1;
  return token;
}
