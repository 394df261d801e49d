// What `proven` changes: payloads, blobs and variants go, 32 bytes an entry and a window of details stay.

import { type Hash, type RecordRegister, VitalsealError } from '@vitalseal/ledger';
import type { Details } from '../light/details.ts';
import type { Leaves } from '../light/leaves.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { TotalsStore } from '../store/totals.ts';
import type { Vault } from './vault.ts';

export type Proof = Parameters<Vault['proven']>[0];

export interface ProveParts {
  readonly outbox: Outbox;
  readonly leaves: Leaves;
  readonly details: Details;
  readonly totals: TotalsStore;
}

/** Inside a transaction; `after` once it has committed. Throws `seq_gap` when a leaf is not known here. */
export function prove({ outbox, leaves, details, totals }: ProveParts, proof: Proof): { after(): void } {
  const indexes = new Map(proof.indexes?.map(({ seq, index }) => [seq, index]));
  const passed: Hash[] = [];
  let readings = 0;
  for (let seq = leaves.size(); seq <= proof.throughSeq; seq++) {
    const current = outbox.current(seq);
    if (current === null) throw new VitalsealError('seq_gap', 'an own entry that was proven is not known here');
    passed.push(current.leaf);
    const { item } = current;
    if (item?.type !== 'record.register') continue;
    readings += item.readings;
    const body = item.body as RecordRegister;
    details.put({
      recordId: body.recordId,
      owner: body.owner,
      interval: body.interval,
      count: item.readings,
      state: 'proven',
      seq,
      index: indexes.get(seq) ?? current.index,
      leaf: current.leaf,
      code: null,
    });
  }
  outbox.drop(proof.throughSeq);
  const appended = leaves.append(passed);
  const counted = totals.add({ proven: readings });
  return {
    after() {
      appended.after();
      counted.after();
    },
  };
}
