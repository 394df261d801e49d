// The vault without its thread: opens the stores, wires them, and answers the calls of vault.ts. Everything here runs in
// one thread, and nothing in it knows a timer: `wakesAt` says when `tick` is to be called.
//
//   commit ─▶ inbox ─▶ batchers ─▶ sealer ─▶ outbox ─▶ (sync on the main thread) ─▶ proven ─▶ leaves

import { type Address, type ErrorCode, equalBytes, isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import { type BatchInput, type BatchPart, type BatchState, NO_BATCH, stepBatch, wakesAt } from '../batch/batcher.ts';
import { openHeld } from '../inbox/held.ts';
import { openInbox } from '../inbox/inbox.ts';
import { type Lane, openLanes } from '../inbox/lanes.ts';
import { openQuarantine } from '../inbox/quarantine.ts';
import { idRows, keepIds } from '../inbox/recent-rows.ts';
import { openDetails } from '../light/details.ts';
import { openLeaves } from '../light/leaves.ts';
import { type FillSample, sampleFill } from '../outbox/fill.ts';
import { openOutbox } from '../outbox/outbox.ts';
import { createSpool } from '../outbox/spool.ts';
import { tombstone } from '../outbox/tombstone.ts';
import { createSealer } from '../seal/sealer.ts';
import { openChains } from '../store/chains.ts';
import { readMeta, writeMeta } from '../store/meta.ts';
import { createPoints } from '../store/points.ts';
import { openTotals } from '../store/totals.ts';
import type { CorePorts, VaultCore } from './calls.ts';
import { prove } from './prove.ts';
import { recordRows } from './records.ts';
import { type StatusParts, statusOf } from './status.ts';
import type { OutboxItem } from './vault.ts';

/** Names of the sync's values, apart from the vault's own. */
const SYNC = 'sync ';
const RETRY_MS = { first: 1000, most: 30_000 };
/** Slots that lag behind (quarantine) are moved at least so often; empty segments are swept then. */
const SWEEP_MS = 30_000;

/** Throws `store_newer`, `store_damaged`, `disk_full`, `store_failed`. */
export function openCore(ports: CorePorts): VaultCore {
  const { store, slots, limits, clock } = ports;
  const positions = slots.read();
  if (positions === null && readMeta(store, 'inbox chain') !== null)
    throw new VitalsealError('store_damaged', 'the key slots of this store are missing');
  const chains = openChains(slots, positions ?? new Map());
  const lanes = openLanes(store);
  const points = createPoints(store, chains, lanes, ports.faults ?? (() => {}));
  const totals = openTotals(store);
  const outbox = openOutbox(store);
  const { inbox, restored } = openInbox(store, chains, lanes, (lost) => {
    const end = Math.floor(clock.wallMs() / 300_000) * 300;
    for (const { lane, first, count } of lost)
      if (first !== null) tombstone(outbox, store, lane, { first, count, start: 0, end, reason: 'store-restored' });
    // Nothing is shown before the store is open, so that it need not wait for the commit.
    totals.add({ dropped: lost.reduce((sum, { count }) => sum + count, 0) }).after();
  });
  const held = openHeld(store, chains, lanes);
  const quarantine = openQuarantine(store, chains, limits.quarantineBytes);
  const leaves = openLeaves(store);
  const details = openDetails(store);
  const fresh = () => inbox.bytes() + quarantine.bytes();
  const spool = createSpool({ store, lanes, held, outbox, totals, points, fresh }, limits.spoolBytes);
  const sealer = createSealer(
    {
      store,
      points,
      chains,
      lanes,
      inbox,
      held,
      outbox,
      totals,
      deflate: ports.deflate,
      breathe: ports.breathe,
      monotonicMs: clock.monotonicMs,
      wallMs: clock.wallMs,
      sealed() {
        spool.changed();
        ports.sealed();
      },
    },
    limits,
  );

  const batches = new Map<number, BatchState>();
  let configured = false;
  let failing: ErrorCode | null = null;
  let retry: { at: number; after: number } | null = null;
  let sweepAt = clock.monotonicMs() + SWEEP_MS;
  let samples: readonly FillSample[] = [];
  let closed = false;

  start();
  /** What a start does: keys forward, alarms' entries due, batches as they were. */
  function start(): void {
    points.moveSlots();
    outbox.makeDue(null);
    for (const { lane, part } of inbox.waiting()) feed(lane, { kind: 'part', at: clock.monotonicMs(), part });
  }

  function feed(lane: Lane, input: BatchInput): void {
    const { state, effects } = stepBatch(batches.get(lane.id) ?? NO_BATCH, input, limits);
    batches.set(lane.id, state);
    for (const effect of effects) {
      if (effect.kind === 'beat') sealer.push({ kind: 'beat', lane });
      else sealer.push({ kind: 'batch', lane, parts: effect.parts, alarm: hasAlarm(effect.parts) });
    }
  }

  async function drain(): Promise<void> {
    try {
      await sealer.drain();
      retry = null;
      failing = null;
    } catch (error) {
      failing = isVitalsealError(error) ? error.code : 'internal';
      const after = Math.min(RETRY_MS.most, retry === null ? RETRY_MS.first : retry.after * 2);
      retry = { at: clock.monotonicMs() + after, after };
      throw error;
    } finally {
      spool.changed();
    }
  }
  /** The failure is kept in `failing` and tried again by `tick`. */
  const drainQuietly = () => drain().catch(() => {});

  const flushLanes = (of: (lane: Lane) => boolean) => {
    for (const lane of lanes.all()) if (of(lane)) feed(lane, { kind: 'flush' });
  };

  function write<T>(work: () => T, point: 'outbox-signed' | 'proven' = 'outbox-signed'): T {
    const result = points.commit(point, work);
    spool.changed();
    return result;
  }

  /** The ledger will never know this epoch: what is sealed from now on needs another one. */
  function leaveEpoch(item: OutboxItem | null): void {
    if (item?.type !== 'epoch.open') return;
    for (const lane of lanes.all())
      if (lane.epoch !== null && equalBytes(lane.epoch, item.body.epoch)) lanes.update(lane, { epoch: null });
  }

  const statusParts: StatusParts = { store, inbox, held, totals, outbox, leaves, spool, limits };

  return {
    commit(group) {
      const bytes = group.parts.reduce((sum, part) => sum + part.bytes.length, group.ids.length);
      try {
        const dropped = spool.makeRoom(bytes + 256);
        // COMMIT POINT C1: after it the readings survive a power cut, and their devices may be told.
        const { appended, after } = points.commit('segment-commit', () => {
          const items = group.quarantined;
          const kept = items.length === 0 ? null : quarantine.add(items);
          const added = inbox.append(group, items.length);
          return {
            appended: added.appended,
            after() {
              kept?.after();
              added.after();
            },
          };
        });
        after();
        if (retry === null) failing = null;
        for (const { lane, part } of appended) feed(lane, { kind: 'part', at: clock.monotonicMs(), part });
        if (dropped) ports.sealed();
      } catch (error) {
        failing = isVitalsealError(error) ? error.code : 'internal';
        throw error;
      }
      if (retry === null) void drainQuietly();
    },
    async tick() {
      if (closed) return;
      const at = clock.monotonicMs();
      for (const lane of lanes.all()) feed(lane, { kind: 'time', at });
      if (retry === null || at >= retry.at) await drainQuietly();
      if (at >= sweepAt && !closed) {
        sweepAt = at + SWEEP_MS;
        sweep();
      }
      samples = sampleFill(samples, { atMs: clock.wallMs(), bytes: spool.used() });
    },
    wakesAt() {
      let wake = Math.min(sweepAt, retry?.at ?? sweepAt);
      for (const state of batches.values()) wake = Math.min(wake, wakesAt(state) ?? wake);
      return wake;
    },
    ids: () => [...idRows(store), ...inbox.ids()],
    setIdentity(identity) {
      sealer.setIdentity(identity);
      return drainQuietly();
    },
    setAssignments(assignments) {
      sealer.setAssignments(assignments);
      // What came before the device had an owner leaves the inbox now, so that it can be given as a whole.
      flushLanes((lane) => lane.device !== null && (assignments.get(lane.device) ?? null) !== null);
      return drain();
    },
    setOwners(owners) {
      sealer.setOwners(owners);
      // Batches of an earlier life close at the start, but not before it is known to whom they are sealed.
      if (!configured) flushLanes(() => true);
      configured = true;
      return drainQuietly();
    },
    renewEpochs: () => sealer.renewEpochs(),
    async flush() {
      flushLanes(() => true);
      await drain();
    },
    status: () =>
      statusOf(statusParts, {
        failing: failing ?? sealer.stuck(),
        restored,
        samples,
        wallMs: clock.wallMs(),
      }),
    unsealedOwners() {
      const inInbox = new Set(inbox.waiting().map(({ lane }) => lane));
      const waits = (lane: Lane) => inInbox.has(lane) || held.rows(lane).length > 0;
      return [...lanes.all()].flatMap((lane) => (lane.owner !== null && waits(lane) ? [lane.owner] : []));
    },
    pending: (limit) => outbox.pending(limit),
    blob: (hash) => outbox.blob(hash),
    envelopes: (epoch) => outbox.envelopes(epoch),
    commitSigned: (signed) => write(() => outbox.commitSigned(signed)),
    accepted: (items) => write(() => outbox.accepted(items)),
    refused: (items) =>
      write(() => {
        const refused = items.map(({ id, code, permanent }) => ({ code, permanent, item: outbox.item(id) }));
        for (const { item, permanent } of refused) if (permanent) leaveEpoch(item);
        outbox.refused(items);
        return refused.flatMap(({ code, item }) => (code === 'delegation_missing' ? ownerOf(item) : []));
      }),
    adopt(seq, leaf, index) {
      // A late answer for what is proven already.
      if (seq < leaves.size()) return equalBytes(leaves.at(seq), leaf);
      return write(() => outbox.adopt(seq, leaf, index));
    },
    unsignFrom: (seq) => write(() => outbox.unsignFrom(seq)),
    putOwn: (entries) => write(() => outbox.putOwn(entries.filter(({ seq }) => seq >= leaves.size()))),
    proven(proof) {
      const parts = { outbox, leaves, details, totals };
      write(() => {
        const after = prove(parts, proof);
        if (proof.meta !== undefined) writeMeta(store, named(proof.meta));
        return after;
      }, 'proven').after();
    },
    records: (query) => recordRows(store, outbox, details, query ?? {}),
    ownLeaves() {
      const own = [leaves.all()];
      for (let seq = leaves.size(); ; seq++) {
        const current = outbox.current(seq);
        if (current === null) break;
        own.push(current.leaf);
      }
      return { proven: leaves.size(), leaves: new Uint8Array(Buffer.concat(own)) };
    },
    signedVariants: (seq) => outbox.variants(seq),
    quarantined: (limit) => quarantine.newest(limit),
    meta: (key) => readMeta(store, SYNC + key),
    setMeta: (entries) => write(() => writeMeta(store, named(entries))),
    async close() {
      if (closed) return;
      closed = true;
      await drainQuietly();
      points.moveSlots();
      store.close();
    },
  };

  function sweep(): void {
    try {
      if (!inbox.sweepable()) return;
      const swept = points.commit('seal-transaction', () => {
        const taken = inbox.consume(null, Number.MAX_SAFE_INTEGER);
        keepIds(store, taken.ids);
        return taken;
      });
      swept.after();
    } catch {
      // The disk takes no writes: there will be another time.
    } finally {
      points.moveSlots();
    }
  }
}

function ownerOf(item: OutboxItem | null): Address[] {
  if (item === null) return [];
  if (item.type !== 'notice') return [item.body.owner];
  return item.body.statement === null ? [] : [item.body.statement.owner];
}

const hasAlarm = (parts: readonly BatchPart[]) => parts.some((part) => part.alarm);

const named = (entries: Readonly<Record<string, Uint8Array | null>>) =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [SYNC + key, value]));
