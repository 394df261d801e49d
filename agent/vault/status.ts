// The vault's counts at this moment, for `status` and for metrics: numbers and codes only.

import type { ErrorCode } from '@vitalseal/ledger';
import type { Held } from '../inbox/held.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Leaves } from '../light/leaves.ts';
import { type FillSample, fillsIn } from '../outbox/fill.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Spool } from '../outbox/spool.ts';
import type { Store } from '../store/store.ts';
import type { TotalsStore } from '../store/totals.ts';
import type { Limits } from './limits.ts';
import type { VaultStatus } from './vault.ts';

export interface StatusParts {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly held: Held;
  readonly totals: TotalsStore;
  readonly outbox: Outbox;
  readonly leaves: Leaves;
  readonly spool: Spool;
  readonly limits: Limits;
}

export interface Moment {
  readonly failing: ErrorCode | null;
  readonly restored: boolean;
  readonly samples: readonly FillSample[];
  readonly wallMs: number;
}

const WAITING = `SELECT
  total(CASE WHEN state <> 'refused' THEN readings END) AS readings,
  count(CASE WHEN state <> 'refused' THEN 1 END) AS batches,
  total(CASE WHEN state = 'refused' THEN readings END) AS refused
  FROM outbox WHERE type = 'record.register'`;

export function statusOf(parts: StatusParts, { failing, restored, samples, wallMs }: Moment): VaultStatus {
  const waiting = parts.store.sql(WAITING).get();
  const inbox = parts.inbox.waiting().reduce((sum, { part }) => sum + part.count, 0);
  const held = parts.held.count().readings;
  const { proven, dropped, batches } = parts.totals.now();
  const used = parts.spool.used();
  const limit = parts.limits.spoolBytes;
  const left = fillsIn(samples, { atMs: wallMs, bytes: used }, limit);
  return {
    backlog: {
      readings: inbox + held + (waiting?.readings as number),
      batches: waiting?.batches as number,
      bytes: used,
    },
    ...parts.inbox.totals(),
    proven,
    held,
    dropped,
    refused: waiting?.refused as number,
    batches,
    registrations: parts.leaves.size(),
    failing,
    restored,
    spool: { used, limit, ...(left === null ? {} : { fillsAt: Math.round(wallMs + left) }) },
  };
}
