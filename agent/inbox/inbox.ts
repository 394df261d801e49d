// The inbox: committed readings that are in no record yet. One row a group commit, sealed under a key of its own; the
// key of the oldest row that is still needed is the oldest key that exists.

import { decodeCbor, encodeCbor, VitalsealError } from '@vitalseal/ledger';
import type { BatchPart } from '../batch/batcher.ts';
import { openBox, sealBox } from '../store/box.ts';
import type { Chains } from '../store/chains.ts';
import { readMeta, writeMeta } from '../store/meta.ts';
import type { Store } from '../store/store.ts';
import type { Group } from './group.ts';
import type { Lane, Lanes } from './lanes.ts';
import { decodeIds, type MessageId } from './recent.ts';
import {
  decodeHead,
  decodeTotals,
  encodeHead,
  encodeTotals,
  type InboxTotals,
  NO_TOTALS,
  type SegmentPart,
} from './segment.ts';

export const INBOX_CHAIN = 'inbox';

interface Segment {
  readonly parts: readonly SegmentPart[];
  readonly bytes: number;
  /** Of its messages, encoded. */
  readonly ids: Uint8Array;
}

export interface Appended {
  readonly lane: Lane;
  readonly part: BatchPart;
}

/** Rows whose key is gone: the slots are ahead of the database, which is an older copy. */
export interface Unreadable {
  readonly lane: Lane;
  readonly first: number | null;
  readonly count: number;
}

export interface OpenedInbox {
  readonly inbox: Inbox;
  /** The slots were ahead of the database. */
  readonly restored: boolean;
}

export interface Inbox {
  /** What waits, oldest first, as after a start. */
  waiting(): Appended[];
  /** Appends a group; inside a transaction. `after` is called once it has committed. Counters are given here. */
  append(
    group: Group,
    quarantined: number,
  ): { readonly appended: readonly Appended[]; readonly bytes: number; after(): void };
  /** The encoded segments of a lane's parts, each opened. */
  open(lane: Lane, parts: readonly BatchPart[]): Uint8Array[];
  /**
   * Takes a lane's parts out, and every segment of which nothing is left; inside a transaction. `after` forgets the keys
   * that nobody needs any more. A null lane only sweeps: groups of quarantined messages leave segments without readings.
   */
  consume(
    lane: Lane | null,
    through: number,
  ): { readonly bytes: number; readonly ids: readonly MessageId[]; after(): void };
  /** True when there are segments of which no reading waits. */
  sweepable(): boolean;
  totals(): InboxTotals;
  bytes(): number;
  /** The ids of messages in rows that are still here, as encodeIds makes them. */
  ids(): Uint8Array[];
}

const about = (seq: number) => new TextEncoder().encode(`segment ${seq}`);

/** `lose` accounts for rows that cannot be read, inside the transaction that removes them. */
export function openInbox(
  store: Store,
  chains: Chains,
  lanes: Lanes,
  lose: (lost: readonly Unreadable[]) => void,
): OpenedInbox {
  const segments = new Map<number, Segment>();
  let totals = NO_TOTALS;
  let next = 0;
  let bytes = 0;
  let restored = false;

  const saved = readMeta(store, 'inbox');
  if (saved !== null) {
    const [savedNext, values] = decodeCbor(saved) as [number, number[]];
    next = savedNext;
    totals = decodeTotals(values);
  }
  load();

  function load(): void {
    const draw = readMeta(store, 'inbox chain');
    const oldestKey = draw === null ? null : chains.position(INBOX_CHAIN, draw);
    const lost: Unreadable[] = [];
    const gone: number[] = [];
    for (const row of store.sql('SELECT seq, head, ids, length(body) AS size FROM segment ORDER BY seq').all()) {
      const seq = row.seq as number;
      const head = decodeHead(row.head as Uint8Array);
      totals = head.totals;
      next = Math.max(next, seq + 1);
      const readable = oldestKey !== null && seq >= oldestKey.step;
      for (const { lane: id, first, count } of head.parts) {
        const lane = lanes.byId(id);
        if (first !== null) lane.counter = Math.max(lane.counter, first + count);
        if (!readable && seq > lane.cursor) lost.push({ lane, first, count });
      }
      const ids = row.ids as Uint8Array;
      const size = (row.size as number) + (row.head as Uint8Array).length + ids.length;
      if (readable) {
        segments.set(seq, { parts: head.parts, bytes: size, ids });
        bytes += size;
      } else gone.push(seq);
    }
    if (oldestKey === null || gone.length > 0 || oldestKey.step > next) {
      restored = draw !== null;
      next = Math.max(next, oldestKey?.step ?? 0);
      const fresh = oldestKey === null ? chains.draw(INBOX_CHAIN) : null;
      // A new chain starts at step 0, whatever rows an older one had.
      if (fresh !== null) next = 0;
      // The key first: a row must never be committed under a key that a power cut takes away.
      chains.save();
      store.transaction(() => {
        for (const seq of gone) store.sql('DELETE FROM segment WHERE seq = ?').run(seq);
        if (lost.length > 0) lose(lost);
        for (const lane of lanes.all())
          lanes.update(lane, { counter: lane.counter, cursor: fresh === null ? lane.cursor : -1 });
        writeMeta(store, { ...(fresh === null ? {} : { 'inbox chain': fresh }), inbox: state() });
      });
      lanes.settle(true);
    }
  }

  function state(): Uint8Array {
    return encodeCbor([next, encodeTotals(totals)]);
  }

  function oldest(): number {
    for (const seq of segments.keys()) return seq;
    return next;
  }

  function bodyOf(seq: number): Uint8Array {
    const row = store.sql('SELECT head, ids, body FROM segment WHERE seq = ?').get(seq);
    if (row === undefined) throw new VitalsealError('store_damaged', 'a segment is gone');
    const bound = Buffer.concat([about(seq), row.head as Uint8Array, row.ids as Uint8Array]);
    return openBox(chains.useKey(INBOX_CHAIN, seq), bound, row.body as Uint8Array);
  }

  const partOf = (seq: number, part: SegmentPart): BatchPart => ({
    segment: seq,
    first: part.first,
    count: part.count,
    bytes: part.length,
    alarm: part.alarm,
  });

  function forgetKeys(): void {
    chains.forget(INBOX_CHAIN, oldest());
  }
  forgetKeys();

  const inbox: Inbox = {
    waiting() {
      const waiting: Appended[] = [];
      for (const [seq, { parts }] of segments)
        for (const part of parts) {
          const lane = lanes.byId(part.lane);
          if (seq > lane.cursor) waiting.push({ lane, part: partOf(seq, part) });
        }
      return waiting;
    },
    append(group, quarantined) {
      const seq = next;
      const counters = new Map<Lane, number>();
      let offset = 0;
      let readings = 0;
      const placed: { lane: Lane; part: SegmentPart }[] = [];
      for (const { owner, device, count, alarm, bytes: encoded } of group.parts) {
        const known = owner !== null ? lanes.byOwner(owner) : lanes.byDevice(device as string);
        const lane = known ?? lanes.insert(owner, owner === null ? device : null);
        const first = owner === null ? null : (counters.get(lane) ?? lane.counter);
        if (first !== null) counters.set(lane, first + count);
        placed.push({ lane, part: { lane: lane.id, first, count, offset, length: encoded.length, alarm } });
        offset += encoded.length;
        readings += count;
      }
      const after: InboxTotals = {
        readings: totals.readings + readings,
        quarantined: totals.quarantined + quarantined,
        duplicates: totals.duplicates + group.counts.duplicates,
        unacknowledged: totals.unacknowledged + group.counts.unacknowledged,
        unmapped: totals.unmapped + group.counts.unmapped,
      };
      const parts = placed.map(({ part }) => part);
      const head = encodeHead({ totals: after, parts });
      const bound = Buffer.concat([about(seq), head, group.ids]);
      const encoded = group.parts.map((part) => part.bytes);
      const body = sealBox(chains.useKey(INBOX_CHAIN, seq), bound, encoded);
      store.sql('INSERT INTO segment VALUES (?, ?, ?, ?)').run(seq, head, group.ids, body);
      const size = head.length + group.ids.length + body.length;
      return {
        appended: placed.map(({ lane, part }) => ({ lane, part: partOf(seq, part) })),
        bytes: size,
        after() {
          next = seq + 1;
          totals = after;
          bytes += size;
          segments.set(seq, { parts, bytes: size, ids: group.ids });
          for (const [lane, counter] of counters) lane.counter = counter;
        },
      };
    },
    open(lane, parts) {
      return parts.map(({ segment }) => {
        const place = segments.get(segment)?.parts.find((part) => part.lane === lane.id);
        if (place === undefined) throw new VitalsealError('store_damaged', 'a batch names a segment that is not there');
        const body = bodyOf(segment);
        return body.subarray(place.offset, place.offset + place.length);
      });
    },
    consume(lane, through) {
      const done: number[] = [];
      const ids: MessageId[] = [];
      let freed = 0;
      for (const [seq, segment] of segments) {
        if (seq > through) break;
        const cursorOf = (id: number) => (id === lane?.id ? through : lanes.byId(id).cursor);
        if (!segment.parts.every((part) => cursorOf(part.lane) >= seq)) continue;
        for (const id of decodeIds(segment.ids)) ids.push(id);
        store.sql('DELETE FROM segment WHERE seq = ?').run(seq);
        done.push(seq);
        freed += segment.bytes;
      }
      if (lane !== null) lanes.update(lane, { cursor: through, counter: lane.counter });
      writeMeta(store, { inbox: state() });
      return {
        bytes: freed,
        ids,
        after() {
          for (const seq of done) segments.delete(seq);
          bytes -= freed;
          forgetKeys();
        },
      };
    },
    sweepable() {
      for (const [seq, { parts }] of segments)
        if (parts.every((part) => lanes.byId(part.lane).cursor >= seq)) return true;
      return false;
    },
    totals: () => totals,
    bytes: () => bytes,
    ids: () => [...segments.values()].map(({ ids }) => ids).filter(({ length }) => length > 0),
  };
  return { inbox, restored };
}
