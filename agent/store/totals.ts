// Counts over the vault's whole life that no table can give back once rows are gone.

import { decodeCbor, encodeCbor } from '@vitalseal/ledger';
import { readMeta, writeMeta } from './meta.ts';
import type { Store } from './store.ts';

export interface Totals {
  /** Readings. */
  readonly proven: number;
  readonly dropped: number;
  /** Records. */
  readonly batches: number;
}

export interface TotalsStore {
  now(): Totals;
  /** Inside a transaction; `after` once it has committed. */
  add(growth: Partial<Totals>): { after(): void };
}

export function openTotals(store: Store): TotalsStore {
  const saved = readMeta(store, 'totals');
  const [proven = 0, dropped = 0, batches = 0] = saved === null ? [] : (decodeCbor(saved) as number[]);
  let totals: Totals = { proven, dropped, batches };
  return {
    now: () => totals,
    add(growth) {
      const next: Totals = {
        proven: totals.proven + (growth.proven ?? 0),
        dropped: totals.dropped + (growth.dropped ?? 0),
        batches: totals.batches + (growth.batches ?? 0),
      };
      writeMeta(store, { totals: encodeCbor([next.proven, next.dropped, next.batches]) });
      return {
        after() {
          totals = next;
        },
      };
    },
  };
}
