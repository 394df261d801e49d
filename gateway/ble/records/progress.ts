// How far the cursor of a dump is: it stands for "this record and all before it are committed", so it moves only over an
// unbroken run of commits, and goes back where the dump shows that it was moved too far.
import { type Cursor, type CursorBook, isSame } from './cursor.ts';
import type { Dump } from './dump.ts';

export function owns({ firstToken, nextToken }: Dump, token: number): boolean {
  return token >= firstToken && token < nextToken;
}

/** Committed. */
export function settle(dump: Dump, token: number): Dump {
  if (token < dump.settled || dump.settledAbove.includes(token)) return dump;
  if (token !== dump.settled) {
    // Behind one that was not kept, none counts any more.
    return dump.refused ? dump : { ...dump, settledAbove: [...dump.settledAbove, token] };
  }
  let settled = token + 1;
  while (dump.settledAbove.includes(settled)) settled += 1;
  const settledAbove =
    dump.settledAbove.length === 0 ? dump.settledAbove : dump.settledAbove.filter((t) => t > settled);
  return { ...dump, settled, settledAbove };
}

/** How far the cursor is now. Gives back the same book where nothing changed. */
export function advance(dump: Dump, book: CursorBook): { readonly dump: Dump; readonly book: CursorBook } {
  if (dump.moved && (dump.short || (dump.unordered && dump.phase !== 'over'))) {
    // What was saved in mid-dump held only for a device that keeps the order, and of which all came.
    return { dump: { ...dump, moved: false }, book: withCursor(book, dump.service, dump.start) };
  }
  const count = dump.marks.filter(({ before }) => before <= dump.settled).length;
  const reached = dump.marks[count - 1];
  if (reached === undefined) return { dump, book };
  const left = { ...dump, marks: dump.marks.slice(count), moved: true };
  const held = book.get(dump.service);
  const { session, unordered } = dump;
  // Where the device counts, it is the count at the end that shows whether one before this did not come.
  const isDoubtful = (dump.mode === 'all' || dump.asking.report === 0x07) && !reached.whole;
  const partial = isDoubtful || (dump.mode === 'from' && dump.start?.partial === true);
  const isHeld = held?.session === session && held.unordered === unordered && held.partial === partial;
  if (isHeld && isSame(reached.place, held)) return { dump: left, book };
  return { dump: left, book: withCursor(book, dump.service, { ...reached.place, session, unordered, partial }) };
}

function withCursor(book: CursorBook, service: string, cursor: Cursor | null): CursorBook {
  const next = new Map(book);
  if (cursor === null) next.delete(service);
  else next.set(service, cursor);
  return next;
}
