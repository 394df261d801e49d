// Works off what the batchers closed, one batch at a time: seals it, or holds it when it cannot be sealed yet. Every step
// is one transaction, then the keys of what left are forgotten.
//
//   inbox ──close──▶ seal ──▶ outbox        held ──release──▶ seal ──▶ outbox
//            └──▶ hold ──▶ held (owner not verified, or nobody's)

import { decodeSegment, type ErrorCode, isRetryable, isVitalsealError, type Reading, toHex } from '@vitalseal/ledger';
import type { BatchLimits, BatchPart } from '../batch/batcher.ts';
import type { Held, HeldRow } from '../inbox/held.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Lane } from '../inbox/lanes.ts';
import { keepIds } from '../inbox/recent-rows.ts';
import { tombstone } from '../outbox/tombstone.ts';
import type { Store } from '../store/store.ts';
import type { VaultIdentity, VaultOwner } from '../vault/vault.ts';
import { createStreamSealer, type Ready, type StreamParts } from './stream.ts';

export interface SealerParts extends StreamParts {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly held: Held;
  readonly wallMs: () => number;
  /** Lets commits that wait go first. */
  readonly breathe: () => Promise<void>;
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

export function createSealer(parts: SealerParts, limits: BatchLimits & { readonly epochAgeMs: number }): Sealer {
  const { store, points, lanes, inbox, held, outbox, totals } = parts;
  const stream = createStreamSealer(parts, limits);
  const jobs: SealJob[] = [];
  let running: Promise<void> | null = null;
  let identity: VaultIdentity | null = null;
  let owners: ReadonlyMap<string, VaultOwner> = new Map();
  let assignments: ReadonlyMap<string, Uint8Array | null> = new Map();
  /** Lanes whose batches cannot be sealed for a reason that trying again does not cure. */
  const stuck = new Map<number, ErrorCode>();

  const ready = (lane: Lane): Ready | null => {
    if (identity === null || lane.owner === null || stuck.has(lane.id)) return null;
    const owner = owners.get(toHex(lane.owner));
    return owner?.sealed === true ? { owner, identity } : null;
  };

  /** A lane's parts leave the inbox; inside a transaction. */
  function takeParts(lane: Lane, batch: readonly BatchPart[]): { after(): void } {
    const taken = inbox.consume(lane, (batch.at(-1) as BatchPart).segment);
    keepIds(store, taken.ids);
    return taken;
  }

  function hold(lane: Lane, batch: readonly BatchPart[], segments: readonly Uint8Array[]): void {
    held.prepare(lane);
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

  /** Readings whose row does not open any more: gone, with a tombstone. What is nobody's is only counted. */
  function discard(lane: Lane, first: number | null, count: number, take: () => { after(): void }): void {
    const grid = Math.max(0, Math.floor(parts.wallMs() / 300_000) * 300);
    const lost = { count, start: 0, end: grid, reason: 'store-damaged' } as const;
    const after = points.commit('drop-transaction', () => {
      if (first !== null) tombstone(outbox, store, lane, { first, ...lost });
      return [take(), totals.add({ dropped: count })];
    });
    for (const part of after) part.after();
    parts.sealed();
  }

  async function sealBatch(lane: Lane, batch: readonly BatchPart[], alarm: boolean): Promise<void> {
    const segments = whole(() => inbox.open(lane, batch));
    if (segments === null) {
      const [part] = batch;
      // One by one, so that only what is damaged is lost.
      if (batch.length > 1 || part === undefined)
        jobs.splice(1, 0, ...batch.map((one): SealJob => ({ kind: 'batch', lane, parts: [one], alarm })));
      else discard(lane, part.first, part.count, () => takeParts(lane, batch));
      return;
    }
    const who = ready(lane);
    if (who === null) return hold(lane, batch, segments);
    const readings = segments.flatMap((bytes, i) => decodeSegment(bytes, batch[i]?.first ?? 0));
    const source = { readings, take: () => takeParts(lane, batch) };
    await orHold(
      lane,
      () => stream.seal(lane, who, source, alarm),
      () => hold(lane, batch, segments),
    );
  }

  /** What trying again does not cure must not stop the others: the lane is held until its owner or a start says otherwise. */
  async function orHold(lane: Lane, work: () => Promise<void>, otherwise: () => void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isVitalsealError(error) || isRetryable(error.code)) throw error;
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
      const readings = whole(() => rows.flatMap(readRow));
      if (readings === null) {
        for (const row of rows)
          if (whole(() => readRow(row)) === null) discard(lane, row.first, row.count, () => held.remove([row]));
        continue;
      }
      const source = { readings, take: () => held.remove(rows) };
      await orHold(
        lane,
        () => stream.seal(lane, who, source, false),
        () => {},
      );
      await parts.breathe();
    }
  }

  function readRow(row: HeldRow): Reading[] {
    let counter = row.first ?? 0;
    return held.open(row).flatMap((segment) => {
      const readings = decodeSegment(segment, counter);
      counter += readings.length;
      return readings;
    });
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
    renewEpochs: () => stream.renewEpochs(),
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

/** Null when a row does not open, or is not what was written. */
function whole<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isVitalsealError(error, 'store_damaged') || isVitalsealError(error, 'segment_invalid')) return null;
    throw error;
  }
}
