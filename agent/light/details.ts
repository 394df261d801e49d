// A window of details of the newest proven records, for people who look at them: what is older comes from the facility.

import { decodeCbor, encodeCbor } from '@vitalseal/ledger';
import type { Store } from '../store/store.ts';
import type { RecordRow } from '../vault/vault.ts';

/** About 64 bytes each: a window of 64 kB. */
const DETAILS = 1024;

export interface Details {
  /** Inside a transaction. */
  put(row: RecordRow & { readonly seq: number }): void;
  /** Newest first. */
  newest(limit: number): RecordRow[];
}

type Packed = [Uint8Array, Uint8Array, number, number, number, number | null, Uint8Array];

export function openDetails(store: Store): Details {
  return {
    put({ recordId, owner, interval, count, seq, index, leaf }) {
      const packed = encodeCbor([recordId, owner, interval.start, interval.end, count, index, leaf]);
      store.sql('INSERT OR REPLACE INTO detail VALUES (?, ?)').run(seq, packed);
      store.sql('DELETE FROM detail WHERE seq <= (SELECT max(seq) FROM detail) - ?').run(DETAILS);
    },
    newest: (limit) =>
      store
        .sql('SELECT seq, row FROM detail ORDER BY seq DESC LIMIT ?')
        .all(limit)
        .map(({ seq, row }) => {
          const [recordId, owner, start, end, count, index, leaf] = decodeCbor(row as Uint8Array) as unknown as Packed;
          return {
            recordId,
            owner,
            interval: { start, end },
            count,
            state: 'proven' as const,
            seq: seq as number,
            index,
            leaf,
            code: null,
          };
        }),
  };
}
