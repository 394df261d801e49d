// One run of "report stored records" of a service, as a pure machine: what to ask for, whether the answer fits what is
// known, and which records the cursor may come to stand at (progress.ts moves it). In mid-dump it moves only where the
// device has shown that it keeps the order, to a record that a later one has followed: a live value that comes between
// records of the past does not carry it away.
import { type Outcome, type RacpAnswer, requestAll, requestFrom } from './control-point.ts';
import { type Cursor, isSame, type RecordPlace } from './cursor.ts';
import type { Asking } from './services.ts';

/** From here on numbers of 16 bits are about to begin again at 0, which "greater or equal" does not reach. */
const WRAP_ZONE = 0xff00;
const TURN = 0x10000;
/** So many records in order, and a device keeps the order: by chance it happens once in 10^13 dumps. */
const ORDER_SHOWN = 16;

/** All tokens below `before` are committed: then the cursor may stand at `place`. */
interface Mark {
  readonly place: RecordPlace;
  readonly before: number;
  /** The dump came to its end: there are no others. */
  readonly whole: boolean;
}

export interface Dump {
  readonly service: string;
  /** What the sequence counts in (CGM: the session start). */
  readonly session: string | null;
  readonly asking: Asking;
  /** Where the cursor stood at the start. */
  readonly start: Cursor | null;
  readonly mode: 'from' | 'all';
  /** `late`: the device has answered. BlueZ keeps the order of one characteristic, not of two: values may still be in the air. */
  readonly phase: 'asked' | 'aborting' | 'late' | 'over';
  readonly outcome: Outcome | null;
  /** Whether the first record was the cursor's, for mode `from`. */
  readonly first: 'awaited' | 'same' | 'other';
  /** The device does not know how to abort: its end is waited for. */
  readonly unabortable: boolean;
  /** Records are `firstToken` to before `nextToken`; those before `settled` are committed, and a few above. */
  readonly firstToken: number;
  readonly nextToken: number;
  readonly settled: number;
  readonly settledAbove: readonly number[];
  /** The inbox did not keep one of them. */
  readonly refused: boolean;
  /** One of them did not come whole: the cursor goes no further, and the dump is not whole either. */
  readonly torn: boolean;
  /** Records did not come, and nobody knows which. */
  readonly short: boolean;
  /** It was so in every dump before: what does not come is given up. */
  readonly tolerant: boolean;
  /** Values that came, the cursor's record among them. */
  readonly received: number;
  /** So many were sent, as the answer counted them; null: it did not come, or did not count. */
  readonly expected: number | null;
  /** The record that came last, the one before it which it followed, and the newest of all. */
  readonly last: RecordPlace | null;
  readonly followed: Mark | null;
  readonly newest: RecordPlace | null;
  readonly marks: readonly Mark[];
  readonly sinceMark: number;
  /** Records in order since the start. */
  readonly inOrder: number;
  /** Records did not come in order, in this dump or an earlier one. */
  readonly unordered: boolean;
  readonly moved: boolean;
}

/** A fresh dump: from the cursor where that is of use, of everything else. */
export function beginDump(
  about: Pick<Dump, 'service' | 'session' | 'asking'>,
  cursor: Cursor | null,
  token: number,
): Dump {
  const start = cursor !== null && cursor.session === about.session ? cursor : null;
  const isUseful = about.asking.numberBits > 0 && start !== null && !isWrapping(about, start);
  return {
    ...about,
    start,
    mode: isUseful ? 'from' : 'all',
    phase: 'asked',
    outcome: null,
    first: 'awaited',
    unabortable: false,
    firstToken: token,
    nextToken: token,
    settled: token,
    settledAbove: [],
    refused: false,
    torn: false,
    short: false,
    tolerant: false,
    received: 0,
    expected: null,
    last: null,
    followed: null,
    newest: null,
    marks: [],
    sinceMark: 0,
    inOrder: 0,
    unordered: start?.unordered ?? false,
    moved: false,
  };
}

/** Whether records of it are news: not what is asked for each time for want of a better request. */
export function bringsNews({ asking, mode, start }: Dump): boolean {
  return asking.numberBits > 0 && (mode === 'from' || start === null);
}

/** The same service again, everything. */
export function beginAll({ service, session, asking, start }: Dump, token: number): Dump {
  return { ...beginDump({ service, session, asking }, start, token), mode: 'all' };
}

export function requestOf({ asking, mode, start }: Dump): Uint8Array {
  return mode === 'from' && start !== null ? requestFrom(asking, start.sequence) : requestAll(asking);
}

/** Numbers of 32 bits do not come to their end. */
function isWrapping({ asking }: Pick<Dump, 'asking'>, { sequence }: RecordPlace): boolean {
  return asking.numberBits === 16 && sequence >= WRAP_ZONE;
}

/** Something came and is under way to the inbox as `dump.nextToken`: a record, or what cannot be placed (null). */
export function arrived(dump: Dump, place: RecordPlace | null, saveEvery: number): Dump {
  return allCame(placed(dump, place, saveEvery));
}

function placed(dump: Dump, place: RecordPlace | null, saveEvery: number): Dump {
  // Told twice in a row it is one record, and stands for no other in the count.
  const isRepeat = place !== null && isSame(place, dump.last);
  const taken = { ...dump, nextToken: dump.nextToken + 1, received: dump.received + (isRepeat ? 0 : 1) };
  if (place === null || dump.asking.numberBits === 0) return taken;
  const isFirst = dump.first === 'awaited';
  const first = !isFirst ? dump.first : dump.mode === 'all' || isSame(place, dump.start) ? 'same' : 'other';
  const newest = dump.newest === null || isNewer(dump, place, dump.newest) ? place : dump.newest;
  const inOrder = dump.inOrder + 1;
  const next = { ...taken, first, newest, last: place, sinceMark: dump.sinceMark + 1, inOrder };
  if (dump.last === null || isRepeat) return next;
  if (!follows(dump, place, dump.last)) {
    return { ...next, unordered: true, followed: null, marks: [], sinceMark: 0 };
  }
  const followed = { place: dump.last, before: dump.nextToken, whole: false };
  if (next.sinceMark <= saveEvery || inOrder < ORDER_SHOWN || dump.unordered || dump.torn || first === 'other') {
    return { ...next, followed };
  }
  return { ...next, followed, marks: [...dump.marks, followed], sinceMark: 1 };
}

/** Whether this is the cursor's record, at the place where the device was asked to begin: it is kept already. */
export function isCursor(dump: Dump, place: RecordPlace): boolean {
  return dump.mode === 'from' && dump.first === 'awaited' && isSame(place, dump.start);
}

/** The first record is the cursor's: what follows goes on from there. It takes no token, since it is not delivered again. */
export function recognised(dump: Dump, place: RecordPlace): Dump {
  return allCame({ ...dump, first: 'same', newest: place, last: place, received: dump.received + 1 });
}

/** Pieces of a record came, and not all of them: they are under way to the quarantine as `dump.nextToken`. */
export function torn(dump: Dump): Dump {
  return { ...dump, nextToken: dump.nextToken + 1, torn: !dump.tolerant };
}

/** After 65535 comes 0, where that is the highest. */
function follows({ asking }: Dump, { sequence }: RecordPlace, last: RecordPlace): boolean {
  const wraps = asking.numberBits === 16 && last.sequence >= TURN - TURN / 4 && sequence < TURN / 4;
  return wraps || sequence > last.sequence;
}

/** By serial number arithmetic, for 16 bits: a meter holds far fewer than half of them. */
function isNewer({ asking }: Dump, { sequence }: RecordPlace, than: RecordPlace): boolean {
  if (asking.numberBits !== 16) return sequence > than.sequence;
  const ahead = (sequence - than.sequence + TURN) % TURN;
  return ahead > 0 && ahead < TURN / 2;
}

/** An answer of the control point, or what stands for one. */
export function answered(dump: Dump, { to, says, count }: RacpAnswer): Dump {
  if (dump.phase === 'over') return dump;
  if (to === 'report') return says === 'complete' ? reported(dump, count) : over(dump, says);
  if (dump.phase !== 'aborting') return dump;
  // Aborted because the first record was another: all are asked for next. Aborted for its silence: that was it.
  if (dump.first !== 'other') return over(dump, 'incomplete');
  return says === 'complete' ? { ...dump, phase: 'late' } : { ...dump, phase: 'asked', unabortable: true };
}

/** All were sent. What one answer has counted no other makes less. */
function reported(dump: Dump, count: number | null): Dump {
  const expected = count === null ? dump.expected : Math.max(count, dump.expected ?? 0);
  return allCame({ ...dump, phase: 'late', expected });
}

/** Whether nothing but records is waited for. */
export function isLate({ phase }: Dump): boolean {
  return phase === 'late';
}

function allCame(dump: Dump): Dump {
  const { phase, expected, received } = dump;
  return phase === 'late' && expected !== null && received >= expected ? over(dump, 'complete') : dump;
}

/** Whether to abort now: what comes is not what the cursor belongs to. */
export function wantsAbort({ phase, first, mode, unabortable }: Dump): boolean {
  return phase === 'asked' && mode === 'from' && first === 'other' && !unabortable;
}

/** The procedure ended, by itself or with the link (`incomplete`). */
export function over(dump: Dump, outcome: Outcome): Dump {
  if (dump.phase === 'over') return dump;
  const isWhole = outcome === 'complete' || outcome === 'none';
  if (lacks(dump)) {
    // Those that came in pieces are known, and no mark is beyond them; of those that did not come at all nobody knows which.
    const short = isShort(dump);
    const marks = short ? [] : dump.marks;
    return { ...dump, phase: 'over', outcome: isWhole ? 'incomplete' : outcome, torn: true, short, marks };
  }
  const ended: Dump = { ...dump, phase: 'over', outcome };
  if (dump.asking.numberBits === 0 || dump.first !== 'same') return ended;
  if (isWhole && isDisordered(dump)) return ended;
  if (isWhole && dump.newest !== null) {
    return { ...ended, marks: [...dump.marks, { place: dump.newest, before: dump.nextToken, whole: true }] };
  }
  const isSure = dump.followed !== null && !dump.unordered && dump.inOrder >= ORDER_SHOWN;
  return isSure ? { ...ended, marks: [...dump.marks, dump.followed] } : ended;
}

/** One that was aborted, since its first record was another, is not missed. */
function lacks(dump: Dump): boolean {
  return dump.first !== 'other' && (dump.torn || isShort(dump));
}

function isShort({ tolerant, received, expected }: Dump): boolean {
  return !tolerant && received < (expected ?? 0);
}

/** The link is gone: nothing more comes. One that was answered lacks records, unless that was so in every dump before. */
export function cut(dump: Dump): Dump {
  if (!isLate(dump)) return over(dump, 'incomplete');
  if (dump.tolerant || dump.expected !== null) return over(dump, 'complete');
  return { ...over(dump, 'incomplete'), torn: true };
}

/** Only now it shows that the device keeps no order: the cursor that was begun from may stem from the midst of a dump. */
function isDisordered({ mode, unordered, start }: Dump): boolean {
  return mode === 'from' && unordered && start?.unordered === false;
}

/** What follows on a dump that is over. */
export function afterDump(dump: Dump): 'all' | 'done' | 'failed' {
  const { mode, outcome, first, newest, start } = dump;
  if (outcome === 'incomplete' || outcome === null) return 'failed';
  if (mode === 'all') return outcome === 'unsupported' ? 'failed' : 'done';
  if (outcome !== 'complete' || first !== 'same') return 'all';
  // A device that sends by place in its memory had perhaps not come to its oldest when it was cut.
  if (isDisordered(dump) || start?.partial === true) return 'all';
  // Those after the wrap have smaller numbers, and were not asked for.
  return newest !== null && isWrapping(dump, newest) ? 'all' : 'done';
}
