// Works off what the batchers closed, one batch at a time: seals it, or holds it when it cannot be sealed yet. Every step
// is one transaction, then the keys of what left are forgotten.
//
//   inbox ──close──▶ seal ──▶ outbox        held ──release──▶ seal ──▶ outbox
//            └──▶ hold ──▶ held (owner not verified, or nobody's)

import {
  CHAIN_LIMIT,
  decodeSegment,
  type ErrorCode,
  isRetryable,
  isVitalsealError,
  type Reading,
  toHex,
} from '@vitalseal/ledger';
import type { BatchLimits, BatchPart } from '../batch/batcher.ts';
import type { Held, HeldRow } from '../inbox/held.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Lane, Lanes } from '../inbox/lanes.ts';
import { keepIds } from '../inbox/recent-rows.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Chains } from '../store/chains.ts';
import type { Points } from '../store/points.ts';
import type { Store } from '../store/store.ts';
import type { TotalsStore } from '../store/totals.ts';
import type { VaultIdentity, VaultOwner } from '../vault/vault.ts';
import { epochEnded, openEpoch, readersHash } from './epoch.ts';
import { makeRecord } from './record.ts';

export interface SealerParts {
  readonly store: Store;
  readonly points: Points;
  readonly chains: Chains;
  readonly lanes: Lanes;
  readonly inbox: Inbox;
  readonly held: Held;
  readonly outbox: Outbox;
  readonly totals: TotalsStore;
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  readonly monotonicMs: () => number;
  /** Lets commits that wait go first. */
  readonly breathe: () => Promise<void>;
  /** Called after each transaction that put something into the outbox. */
  readonly sealed: () => void;
}

export type SealJob =
  | { readonly kind: 'batch'; readonly lane: Lane; readonly parts: readonly BatchPart[]; readonly alarm: boolean }
  | { readonly kind: 'beat'; readonly lane: Lane }
  /** Held readings of the lane may be sealed, or given to the owner whose device it is now. */
  | { readonly kind: 'release'; readonly lane: Lane };

export interface Sealer {
  push(job: SealJob): void;
  /** Works until nothing is left. Throws the retryable error that stopped it (`disk_full`, …); the jobs stay. */
  drain(): Promise<void>;
  setIdentity(identity: VaultIdentity | null): void;
  setOwners(owners: readonly VaultOwner[]): void;
  setAssignments(assignments: ReadonlyMap<string, Uint8Array | null>): void;
  /** Why some lane cannot be sealed although its owner is known; null when all can. */
  stuck(): ErrorCode | null;
  /** Inside no transaction; durable on return. */
  renewEpochs(): void;
}

/** Where a record's readings come from, and how they leave there. */
interface Source {
  readonly readings: readonly Reading[];
  /** Inside the sealing transaction. */
  take(): { after(): void };
}

/** Both are known, so the lane can be sealed. */
interface Ready {
  readonly owner: VaultOwner;
  readonly identity: VaultIdentity;
}

const epochChain = (lane: Lane) => `epoch ${lane.id}`;

export function createSealer(parts: SealerParts, limits: BatchLimits & { readonly epochAgeMs: number }): Sealer {
  const { store, points, chains, lanes, inbox, held, outbox, totals } = parts;
  const jobs: SealJob[] = [];
  let running: Promise<void> | null = null;
  let identity: VaultIdentity | null = null;
  let owners: ReadonlyMap<string, VaultOwner> = new Map();
  let assignments: ReadonlyMap<string, Uint8Array | null> = new Map();
  /** When each lane's epoch was opened, or first used, in this life; with the age that it had then. */
  const epochSince = new Map<number, { at: number; age: number }>();
  /** Lanes whose batches cannot be sealed for a reason that trying again does not cure. */
  const stuck = new Map<number, ErrorCode>();

  const ready = (lane: Lane): Ready | null => {
    if (identity === null || lane.owner === null || stuck.has(lane.id)) return null;
    const owner = owners.get(toHex(lane.owner));
    return owner?.sealed === true ? { owner, identity } : null;
  };

  const epochAge = (lane: Lane): number => {
    const since = epochSince.get(lane.id) ?? { at: parts.monotonicMs(), age: lane.epochAge };
    epochSince.set(lane.id, since);
    return since.age + parts.monotonicMs() - since.at;
  };

  /** The lane has an epoch whose key is here afterwards. */
  async function ensureEpoch(lane: Lane, owner: VaultOwner): Promise<void> {
    const readers = readersHash(owner.recipients);
    const key = lane.epoch === null ? null : chains.position(epochChain(lane), lane.epoch);
    // A key that is ahead of the database belongs to another life: an index must not be used twice.
    const usable = key !== null && key.step <= lane.epochNext && lane.epochNext < CHAIN_LIMIT;
    const age = { ageMs: epochAge(lane), limitMs: limits.epochAgeMs };
    if (usable && !epochEnded(lane.epoch, lane.readers, readers, age)) return;
    const { body, envelopes, chainKey } = await openEpoch(owner);
    points.commit('epoch-transaction', () => {
      outbox.putEnvelopes(body.epoch, envelopes);
      outbox.add({
        type: 'epoch.open',
        body,
        lane: lane.id,
        urgent: false,
        due: true,
        epoch: body.epoch,
        first: null,
        readings: 0,
        blob: null,
      });
      lanes.update(lane, { epoch: body.epoch, readers, epochNext: 0, epochAge: 0 });
    });
    epochSince.set(lane.id, { at: parts.monotonicMs(), age: 0 });
    chains.begin(epochChain(lane), { id: body.epoch, step: 0, key: chainKey });
    chainKey.fill(0);
    points.moveSlots();
  }

  async function seal(lane: Lane, { owner, identity }: Ready, source: Source, alarm: boolean): Promise<void> {
    await ensureEpoch(lane, owner);
    const { origin, signer } = identity;
    const epoch = lane.epoch as Uint8Array;
    const index = lane.epochNext;
    const chainKey = chains.chainKey(epochChain(lane), index);
    const place = { origin, signer, owner: owner.owner, epoch, index, chainKey };
    const { body, file } = await makeRecord(source.readings, place, parts.deflate);
    // At this point nothing is lost or done twice whatever happens: the transaction moves the readings as a whole.
    const after = points.commit('seal-transaction', () => {
      outbox.add({
        type: 'record.register',
        body,
        lane: lane.id,
        urgent: alarm,
        due: !alarm,
        epoch,
        first: (source.readings[0] as Reading).counter,
        readings: source.readings.length,
        blob: { hash: body.blobHash, bytes: file },
      });
      lanes.update(lane, { epochNext: index + 1, epochAge: Math.floor(epochAge(lane)) });
      return [source.take(), totals.add({ batches: 1 })];
    });
    for (const part of after) part.after();
    chains.forget(epochChain(lane), index + 1);
    points.moveSlots();
    parts.sealed();
  }

  /** A lane's parts leave the inbox; inside a transaction. */
  function takeParts(lane: Lane, batch: readonly BatchPart[]): { after(): void } {
    const taken = inbox.consume(lane, (batch.at(-1) as BatchPart).segment);
    keepIds(store, taken.ids);
    return taken;
  }

  function hold(lane: Lane, batch: readonly BatchPart[]): void {
    held.prepare(lane);
    const segments = inbox.open(lane, batch);
    const first = batch[0]?.first ?? null;
    const count = batch.reduce((sum, part) => sum + part.count, 0);
    const taken = points.commit('hold-transaction', () => {
      held.add(lane, { first, count, segments });
      return takeParts(lane, batch);
    });
    taken.after();
    points.moveSlots();
    // Right after this job: the owner may be known by now, or the device somebody's.
    jobs.splice(1, 0, { kind: 'release', lane });
  }

  async function sealBatch(lane: Lane, batch: readonly BatchPart[], alarm: boolean): Promise<void> {
    const who = ready(lane);
    if (who === null) return hold(lane, batch);
    const segments = inbox.open(lane, batch);
    const readings = segments.flatMap((bytes, i) => decodeSegment(bytes, batch[i]?.first ?? 0));
    const source = { readings, take: () => takeParts(lane, batch) };
    await orHold(
      lane,
      () => seal(lane, who, source, alarm),
      () => hold(lane, batch),
    );
  }

  /** What trying again does not cure must not stop the others: the lane is held until its owner or a start says otherwise. */
  async function orHold(lane: Lane, work: () => Promise<void>, otherwise: () => void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isVitalsealError(error) || isRetryable(error.code) || error.code === 'store_damaged') throw error;
      stuck.set(lane.id, error.code);
      otherwise();
    }
  }

  async function release(lane: Lane): Promise<void> {
    if (lane.owner === null) return give(lane);
    for (;;) {
      const who = ready(lane);
      const rows = who === null ? [] : nextRun(held.rows(lane), limits);
      if (who === null || rows.length === 0) return;
      const readings = rows.flatMap((row) => {
        let counter = row.first ?? 0;
        return held.open(row).flatMap((segment) => {
          const decoded = decodeSegment(segment, counter);
          counter += decoded.length;
          return decoded;
        });
      });
      const source = { readings, take: () => held.remove(rows) };
      await orHold(
        lane,
        () => seal(lane, who, source, false),
        () => {},
      );
      await parts.breathe();
    }
  }

  /** Held readings of a device that has an owner now become that owner's. */
  async function give(from: Lane): Promise<void> {
    const owner = assignments.get(from.device as string) ?? null;
    if (owner === null || held.rows(from).length === 0) return;
    points.commit('give-transaction', () => {
      const to = lanes.byOwner(owner) ?? lanes.insert(owner, null);
      held.give(from, to);
    });
    await release(lanes.byOwner(owner) as Lane);
  }

  async function work(): Promise<void> {
    for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
      if (job.kind === 'batch') await sealBatch(job.lane, job.parts, job.alarm);
      else if (job.kind === 'release') await release(job.lane);
      else beat(job.lane);
      jobs.shift();
      await parts.breathe();
    }
  }

  function beat(lane: Lane): void {
    if (points.commit('seal-transaction', () => outbox.makeDue(lane.id)) > 0) parts.sealed();
  }

  function releaseAll(): void {
    stuck.clear();
    for (const lane of lanes.all()) jobs.push({ kind: 'release', lane });
  }

  return {
    push: (job) => void jobs.push(job),
    async drain() {
      while (running !== null || jobs.length > 0) {
        running ??= work().finally(() => {
          running = null;
        });
        await running;
      }
    },
    setIdentity(next) {
      identity = next;
      releaseAll();
    },
    setOwners(next) {
      owners = new Map(next.map((owner) => [toHex(owner.owner), owner]));
      releaseAll();
    },
    setAssignments(next) {
      assignments = next;
      releaseAll();
    },
    stuck: () => stuck.values().next().value ?? null,
    renewEpochs() {
      points.commit('epoch-transaction', () => {
        for (const lane of lanes.all()) lanes.update(lane, { epoch: null });
      });
    },
  };
}

/** The oldest rows that make one record: an unbroken run of counters within the limits. */
function nextRun(rows: readonly HeldRow[], limits: BatchLimits): HeldRow[] {
  const run: HeldRow[] = [];
  let [count, bytes] = [0, 0];
  for (const row of rows) {
    const last = run.at(-1);
    if (last !== undefined) {
      const broken = (last.first ?? 0) + last.count !== row.first;
      if (broken || count + row.count > limits.readings || bytes + row.bytes > limits.bytes) break;
    }
    run.push(row);
    count += row.count;
    bytes += row.bytes;
  }
  return run;
}
