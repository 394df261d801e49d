// The broker's side of the inbox: encodes each reading once, groups the messages of many devices into one commit, and
// settles a message only when its group is durable. No await, allocation or log line a reading.

import type { Delivery, MessageOrigin, ReadingSink, Settled } from '@vitalseal/gateway';
import { type Address, isVitalsealError, SegmentWriter, toHex, VitalsealError } from '@vitalseal/ledger';
import type { Group, GroupPart, Quarantined } from './group.ts';
import { commitAt, PACE } from './pace.ts';
import { createRecent, encodeIds, type MessageId } from './recent.ts';
import { placeOfTwin, toldBefore } from './twins.ts';

export interface SinkPorts {
  /** Resolves when the group has survived a power cut; rejects when nothing of it was kept. Takes over the buffers. */
  readonly commit: (group: Group) => Promise<void>;
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
  /** One timer; returns its undo. */
  readonly after: (ms: number, work: () => void) => () => void;
}

export interface GroupSink extends ReadingSink {
  assign(assignments: ReadonlyMap<string, Address | null>): void;
  /** Ids that were committed in an earlier life. */
  recall(ids: Iterable<MessageId>): void;
  /** Commits what waits and resolves when everything delivered so far is settled. Takes nothing more when `closing`. */
  drain(closing?: boolean): Promise<void>;
}

interface OpenPart {
  readonly owner: Address | null;
  readonly device: string | null;
  readonly writer: SegmentWriter;
  alarm: boolean;
}

/** A group being filled, then under way. */
interface OpenGroup {
  readonly parts: Map<string, OpenPart>;
  readonly quarantined: Quarantined[];
  readonly ids: MessageId[];
  readonly settles: Settled[];
  /** What waits to see whether it is kept: delivered again then. */
  readonly held: (() => void)[];
  heldBytes: number;
  messages: number;
  bytes: number;
  oldestAt: number;
  newestAt: number;
  prompted: boolean;
}

const ID_BYTES = 12;
/** Each has a sender name of its own beside it. */
const TWIN_BYTES = 64;
/** About what a reading takes, of those that are not encoded yet. */
const READING_BYTES = 48;

export function createSink(ports: SinkPorts, waitingBytes: number): GroupSink {
  const recent = createRecent<OpenGroup>();
  let owners: ReadonlyMap<string, { owner: Address; key: string }> = new Map();
  let counts = { duplicates: 0, unacknowledged: 0, unmapped: 0 };
  let open: OpenGroup | null = null;
  /** Groups that became large while as many commits as allowed were under way. */
  const full: OpenGroup[] = [];
  let underWay = 0;
  let waiting = 0;
  let closed = false;
  let lastSettledAt = Number.NEGATIVE_INFINITY;
  let lastMessageAt = 0;
  let spacingMs = 1000;
  let strideMs = 0;
  let undoTimer: (() => void) | null = null;
  /** Deliveries that were held. */
  let anew = 0;
  const inFlight = new Set<Promise<void>>();

  const later = (settled: Settled, error: VitalsealError | null) => queueMicrotask(() => settled(error));

  function fill(at: number): OpenGroup {
    if (open !== null) return open;
    open = {
      parts: new Map(),
      quarantined: [],
      ids: [],
      settles: [],
      held: [],
      heldBytes: 0,
      messages: 0,
      bytes: 0,
      oldestAt: at,
      newestAt: at,
      prompted: false,
    };
    return open;
  }

  /** It is one that was kept, or that `group` is about to keep. */
  function settleWith(group: OpenGroup | null, settled: Settled): true {
    counts.duplicates += 1;
    if (group === null) later(settled, null);
    else group.settles.push(settled);
    return true;
  }

  /** True when the message was kept before, or is about to be: it is settled with that. */
  function isResent(origin: MessageOrigin, hash: string, settled: Settled): boolean {
    if (!origin.duplicate || origin.packetId === null) return false;
    const latest = recent.find(origin.user, origin.client, origin.packetId);
    return latest?.hash === hash && settleWith(latest.tag, settled);
  }

  function keepId(group: OpenGroup, id: MessageId | null): void {
    if (id === null) return;
    group.ids.push(id);
    recent.remember(id, group);
  }

  function add(group: OpenGroup, delivery: Delivery): number {
    if (delivery.kind === 'quarantine') {
      const { device, reason, bytes } = delivery;
      group.quarantined.push({ wallMs: ports.wallMs(), device, reason, bytes: new Uint8Array(bytes) });
      return bytes.length + 32;
    }
    const assigned = owners.get(delivery.device);
    const key = assigned === undefined ? `?${delivery.device}` : assigned.key;
    let part = group.parts.get(key);
    if (part === undefined) {
      const owner = assigned?.owner ?? null;
      part = { owner, device: owner === null ? delivery.device : null, writer: new SegmentWriter(), alarm: false };
      group.parts.set(key, part);
    }
    const before = part.writer.byteLength;
    let unmapped = 0;
    for (const reading of delivery.readings) {
      part.writer.append(reading);
      if (reading.mdc === null) unmapped += 1;
    }
    counts.unmapped += unmapped;
    part.alarm ||= delivery.alarm;
    return part.writer.byteLength - before;
  }

  function deliver(delivery: Delivery, settled: Settled): void {
    const refusal = take(delivery, settled);
    if (refusal !== null) later(settled, refusal);
  }

  /** Null: it will be settled with its group, or with that of the message that it repeats. */
  function take(delivery: Delivery, settled: Settled): VitalsealError | null {
    if (closed) return new VitalsealError('cancelled', 'the vault is closed');
    const { origin } = delivery;
    const id = idOf(origin);
    if (origin !== null && id !== null && isResent(origin, id.hash, settled)) return null;
    const twin = origin?.twin;
    const told = id === null || twin === undefined ? null : toldBefore(recent, id.user, twin, id.hash, open);
    if (told?.is === 'known') {
      settleWith(told.tag, settled);
      return null;
    }
    if (waiting >= waitingBytes) return new VitalsealError('quota_exceeded', 'too much waits for its commit');
    if (told?.is === 'unsure') {
      hold(told.tag, delivery, settled);
      return null;
    }

    const at = ports.monotonicMs();
    const group = fill(at);
    let bytes = twin === undefined ? ID_BYTES : TWIN_BYTES;
    try {
      if (told?.is !== 'told') bytes += add(group, delivery);
    } catch (error) {
      return isVitalsealError(error) ? error : new VitalsealError('internal', 'a delivery was not encoded');
    }
    if (told?.is === 'told') {
      counts.duplicates += 1;
      keepId(group, told.mark);
    } else if (id !== null) keepId(group, id);
    else if (origin != null && twin !== undefined) keepId(group, placeOfTwin(recent, origin.user, twin));
    else if (delivery.kind === 'readings' && origin !== null) counts.unacknowledged += delivery.readings.length;
    group.settles.push(settled);
    group.messages += 1;
    group.bytes += bytes;
    waiting += bytes;
    group.newestAt = at;
    if (at - lastSettledAt <= PACE.promptedMs) group.prompted = true;
    const gapMs = at - lastMessageAt;
    spacingMs += (Math.min(gapMs, 5 * PACE.oldestMs) - spacingMs) / 8;
    if (group.messages > 1) strideMs += (Math.min(gapMs, PACE.oldestMs) - strideMs) / 8;
    lastMessageAt = at;
    if (group.bytes >= PACE.largest) {
      full.push(group);
      open = null;
      pace();
    } else if (group.bytes >= PACE.bytes || group.messages >= PACE.messages) pace();
    else if (undoTimer === null) arm();
    return null;
  }

  function hold(group: OpenGroup, delivery: Delivery, settled: Settled): void {
    const bytes = TWIN_BYTES + (delivery.kind === 'readings' ? delivery.readings.length * READING_BYTES : 0);
    group.held.push(() => deliver(delivery, settled));
    group.heldBytes += bytes;
    waiting += bytes;
  }

  function pace(): void {
    undoTimer?.();
    undoTimer = null;
    while (underWay < PACE.underWay && full.length > 0) commit(full.shift() as OpenGroup);
    if (open === null) return;
    const at = commitAt({ ...open, spacingMs, strideMs }, underWay);
    if (at === null) return;
    if (at > ports.monotonicMs()) arm();
    else {
      commit(open);
      open = null;
    }
  }

  function arm(): void {
    if (open === null) return;
    const at = commitAt({ ...open, spacingMs, strideMs }, underWay);
    if (at === null) return;
    undoTimer = ports.after(Math.max(1, at - ports.monotonicMs()), () => {
      undoTimer = null;
      pace();
    });
  }

  function commit(group: OpenGroup): void {
    underWay += 1;
    // One that came alone says that no others lie close.
    if (group.messages === 1) strideMs -= strideMs / 8;
    const sent = counts;
    counts = { duplicates: 0, unacknowledged: 0, unmapped: 0 };
    const parts: GroupPart[] = [];
    for (const { owner, device, writer, alarm } of group.parts.values())
      if (writer.count > 0) parts.push({ owner, device, alarm, count: writer.count, bytes: writer.finish() });
    const ended = ports.commit({ parts, quarantined: group.quarantined, ids: encodeIds(group.ids), counts: sent }).then(
      () => end(group, null),
      (error: unknown) => {
        for (const name of ['duplicates', 'unacknowledged', 'unmapped'] as const) counts[name] += sent[name];
        end(group, isVitalsealError(error) ? error : new VitalsealError('store_failed'));
      },
    );
    inFlight.add(ended);
    void ended.then(() => inFlight.delete(ended));
  }

  function end(group: OpenGroup, error: VitalsealError | null): void {
    underWay -= 1;
    waiting -= group.bytes + group.heldBytes;
    lastSettledAt = ports.monotonicMs();
    for (const id of group.ids) {
      if (error !== null) recent.forget(id, group);
      else {
        const latest = recent.find(id.user, id.client, id.packetId);
        if (latest?.tag === group && latest.hash === id.hash) recent.remember(id, null);
      }
    }
    for (const settled of group.settles) settled(error);
    for (const again of group.held) again();
    anew += group.held.length;
    pace();
  }

  return {
    deliver,
    assign(assignments) {
      const next = new Map<string, { owner: Address; key: string }>();
      for (const [device, owner] of assignments) if (owner !== null) next.set(device, { owner, key: toHex(owner) });
      owners = next;
    },
    recall(ids) {
      for (const id of ids) recent.remember(id, null);
    },
    async drain(closing = false) {
      closed ||= closing;
      undoTimer?.();
      undoTimer = null;
      let before: number;
      do {
        before = anew;
        for (const group of full.splice(0)) commit(group);
        if (open !== null) commit(open);
        open = null;
        await Promise.all(inFlight);
        // And what waited to see whether one of them is kept, which may have to wait for the next.
      } while (anew !== before);
    },
  };
}

function idOf(origin: MessageOrigin | null): MessageId | null {
  if (origin === null || origin.packetId === null) return null;
  const { user, client, packetId, payloadHash } = origin;
  const hash = String.fromCharCode(...payloadHash);
  return { user, client, packetId, hash };
}
