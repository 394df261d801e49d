import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../vault/core.testing.ts';
import { openStore } from '../vault/store.sqlite.ts';
import { openDetails } from './details.ts';
import { openLeaves } from './leaves.ts';

const leaf = (n: number) => new Uint8Array(Buffer.from(n.toString(16).padStart(64, '0'), 'hex'));

it('keeps leaves in the order of seq, over block ends and restarts, in at most 40 bytes each', () => {
  const folder = temporaryFolder(onTestFinished);
  const file = join(folder, 'agent.db');
  const empty = openStore(file);
  empty.close();
  const before = statSync(file).size;
  const total = 20_000;
  let written = 0;
  for (const step of [1, 254, 1, 1, 600, 7, 4096]) {
    const store = openStore(file);
    const leaves = openLeaves(store);
    expect(leaves.size()).toBe(written);
    for (let round = 0; round < 3; round++) {
      const more = Array.from({ length: Math.min(step, total - written) }, (_, n) => leaf(written + n));
      store.transaction(() => leaves.append(more)).after();
      written += more.length;
    }
    expect(leaves.size()).toBe(written);
    store.close();
  }
  const store = openStore(file);
  const leaves = openLeaves(store);
  const all = leaves.all();
  expect(all.length).toBe(written * 32);
  for (const seq of [0, 1, 255, 256, 257, written - 1]) {
    expect(Buffer.from(leaves.at(seq))).toEqual(Buffer.from(leaf(seq)));
    expect(Buffer.from(all.subarray(seq * 32, seq * 32 + 32))).toEqual(Buffer.from(leaf(seq)));
  }
  store.close();
  expect((statSync(file).size - before) / written).toBeLessThanOrEqual(40);
});

it('keeps details of the newest records only', () => {
  const store = openStore(join(temporaryFolder(onTestFinished), 'agent.db'));
  const details = openDetails(store);
  const put = (seq: number) =>
    details.put({
      recordId: leaf(seq).subarray(16),
      owner: new Uint8Array(20),
      interval: { start: 300, end: 600 },
      count: seq,
      state: 'proven',
      seq,
      index: seq * 2,
      leaf: leaf(seq),
      code: null,
    });
  store.transaction(() => {
    for (let seq = 0; seq < 1100; seq++) put(seq);
  });
  const newest = details.newest(2000);
  expect(newest.length).toBe(1024);
  expect(newest[0]).toMatchObject({ seq: 1099, count: 1099, index: 2198, interval: { start: 300, end: 600 } });
  store.close();
});
