// What the inbox says of records on their way, and what that does to the cursor: it is saved only with what is committed.
import type { ErrorCode } from '@vitalseal/ledger';
import { encodeCursors, NO_CURSORS } from '../records/cursor.ts';
import { cut, type Dump, isLate } from '../records/dump.ts';
import { advance, owns, settle } from '../records/progress.ts';
import type { SessionInput } from './input.ts';
import type { Turn } from './turn.ts';

/** Takes over the next state of a dump, and moves the cursor as far as that allows. */
export function keepDump(turn: Turn, dump: Dump) {
  const held = turn.state.cursors ?? NO_CURSORS;
  const { dump: kept, book } = advance(dump, held);
  turn.state.dumps = [...turn.state.dumps.filter(({ service }) => service !== kept.service), kept];
  if (book === held) return;
  turn.state.cursors = book;
  saveCursor(turn);
}

function saveCursor(turn: Turn) {
  if (turn.state.saving !== null) {
    turn.state.unsaved = true;
    return;
  }
  const id = turn.takeId();
  turn.state.saving = id;
  turn.state.unsaved = false;
  turn.emit({ kind: 'saveCursor', id, bytes: encodeCursors(turn.state.cursors ?? NO_CURSORS) });
}

export function cursorSaved(turn: Turn) {
  turn.state.saving = null;
  if (turn.state.unsaved) saveCursor(turn);
}

/** It is saved with the next progress, or the next connection; until then a restart fetches some records again. */
export function cursorUnsaved(turn: Turn, code: ErrorCode) {
  turn.note('cursor-unsaved', code);
  turn.state.saving = null;
  turn.state.unsaved = true;
}

/** Saves what a failure left unsaved, or what nobody answered for. */
export function saveAgain(turn: Turn) {
  if (!turn.state.unsaved && turn.state.saving === null) return;
  turn.state.saving = null;
  saveCursor(turn);
}

/** The service of a record that was not kept, and had better be asked for again. */
export function commit(turn: Turn, input: Extract<SessionInput, { kind: 'delivered' | 'undelivered' }>): string | null {
  const dump = turn.state.dumps.find((d) => owns(d, input.token));
  if (dump === undefined) return null;
  if (input.kind === 'delivered') {
    keepDump(turn, settle(dump, input.token));
    return null;
  }
  keepDump(turn, { ...dump, refused: true });
  return dump.phase === 'over' ? dump.service : null;
}

/** The link is gone: nothing more comes of what was asked for. */
export function cutDumps(turn: Turn) {
  for (const dump of turn.state.dumps) {
    if (dump.phase === 'over') continue;
    const ended = cut(dump);
    keepDump(turn, ended);
    // One that was not answered, or aborted, says nothing of the device.
    if (isLate(dump) && dump.first !== 'other') countLacking(turn, ended);
  }
}

/** How many in a row lacked records. */
export function countLacking(turn: Turn, { service, torn }: Dump) {
  const { tornDumps } = turn.state;
  turn.state.tornDumps = new Map(tornDumps).set(service, torn ? (tornDumps.get(service) ?? 0) + 1 : 0);
}
