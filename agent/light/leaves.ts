// The light store: 32 bytes an own entry, packed in blobs of 256. With them any own entry is recognised later, and is
// proven through its place in the history of a newer one.

import type { Hash } from '@vitalseal/ledger';
import type { Store } from '../store/store.ts';

const BLOCK = 256;
const LEAF = 32;

export interface Leaves {
  size(): number;
  /** In the order of seq; inside a transaction, `after` once it has committed. */
  append(leaves: readonly Hash[]): { after(): void };
  at(seq: number): Hash;
  /** All of them, 32·n bytes. */
  all(): Uint8Array;
}

export function openLeaves(store: Store): Leaves {
  const last = store.sql('SELECT block, length(leaves) AS bytes FROM light ORDER BY block DESC LIMIT 1').get();
  let size = last === undefined ? 0 : (last.block as number) * BLOCK + (last.bytes as number) / LEAF;
  return {
    size: () => size,
    append(leaves) {
      let at = size;
      for (let done = 0; done < leaves.length; ) {
        const block = Math.floor(at / BLOCK);
        const fits = leaves.slice(done, done + BLOCK - (at % BLOCK));
        const held = store.sql('SELECT leaves FROM light WHERE block = ?').get(block)?.leaves as Uint8Array | undefined;
        const packed = Buffer.concat(held === undefined ? fits : [held, ...fits]);
        store.sql('INSERT OR REPLACE INTO light VALUES (?, ?)').run(block, packed);
        at += fits.length;
        done += fits.length;
      }
      return {
        after() {
          size = at;
        },
      };
    },
    at(seq) {
      const packed = store.sql('SELECT leaves FROM light WHERE block = ?').get(Math.floor(seq / BLOCK))?.leaves;
      const from = (seq % BLOCK) * LEAF;
      return (packed as Uint8Array).subarray(from, from + LEAF);
    },
    all: () =>
      new Uint8Array(
        Buffer.concat(
          store
            .sql('SELECT leaves FROM light ORDER BY block')
            .all()
            .map((row) => row.leaves as Uint8Array),
        ),
      ),
  };
}
