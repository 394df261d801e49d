// Seals one run of readings of one stream: epoch first, then the record, then the one transaction that moves readings into
// the outbox, then the key that sealed them is forgotten.

import { CHAIN_LIMIT, type Reading } from '@vitalseal/ledger';
import type { Lane, Lanes } from '../inbox/lanes.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Chains } from '../store/chains.ts';
import type { Points } from '../store/points.ts';
import type { TotalsStore } from '../store/totals.ts';
import type { VaultIdentity, VaultOwner } from '../vault/vault.ts';
import { epochEnded, openEpoch, readersHash } from './epoch.ts';
import { makeRecord } from './record.ts';

export interface StreamParts {
  readonly points: Points;
  readonly chains: Chains;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  readonly totals: TotalsStore;
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  readonly monotonicMs: () => number;
  /** Called after each transaction that put something into the outbox. */
  readonly sealed: () => void;
}

/** Where a record's readings come from, and how they leave there. */
export interface Source {
  readonly readings: readonly Reading[];
  /** Inside the sealing transaction. */
  take(): { after(): void };
}

/** Both are known, so the lane can be sealed. */
export interface Ready {
  readonly owner: VaultOwner;
  readonly identity: VaultIdentity;
}

export interface StreamSealer {
  /** Durable on resolve. Throws `recipient_invalid`, `disk_full`, …: then the readings are where they were. */
  seal(lane: Lane, who: Ready, source: Source, alarm: boolean): Promise<void>;
  /** Durable on return: every lane's next record opens an epoch. */
  renewEpochs(): void;
}

const epochChain = (lane: Lane) => `epoch ${lane.id}`;

export function createStreamSealer(parts: StreamParts, limits: { readonly epochAgeMs: number }): StreamSealer {
  const { points, chains, lanes, outbox, totals } = parts;
  /** When each lane's epoch was opened in this life. */
  const epochSince = new Map<number, { at: number; age: number }>();
  /** For the epochs of earlier lives, which age also while nothing comes. */
  const startedAt = parts.monotonicMs();
  // Killed after a sealing transaction and before its slot move: the key of that record goes now.
  for (const lane of lanes.all()) if (key(lane) !== null) chains.forget(epochChain(lane), lane.epochNext);

  /** The lane's epoch key, or null when it is gone or of another life: an index must not be used twice. */
  function key(lane: Lane): { readonly step: number } | null {
    const position = lane.epoch === null ? null : chains.position(epochChain(lane), lane.epoch);
    return position !== null && position.step <= lane.epochNext ? position : null;
  }

  const epochAge = (lane: Lane): number => {
    const since = epochSince.get(lane.id) ?? { at: startedAt, age: lane.epochAge };
    epochSince.set(lane.id, since);
    return since.age + parts.monotonicMs() - since.at;
  };

  /** The lane has an epoch whose key is here afterwards. */
  async function ensureEpoch(lane: Lane, owner: VaultOwner): Promise<void> {
    const readers = readersHash(owner.recipients);
    const usable = key(lane) !== null && lane.epochNext < CHAIN_LIMIT;
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
    // COMMIT POINT C2: before it the readings are in the inbox alone, after it in this record alone.
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

  return {
    seal,
    renewEpochs() {
      points.commit('epoch-transaction', () => {
        for (const lane of lanes.all()) lanes.update(lane, { epoch: null });
      });
    },
  };
}
