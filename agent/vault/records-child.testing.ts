// A life of a gateway that takes a meter's stored records, run by records-crash.test.ts in a process of its own: the whole
// dump through sink and vault, then the cursor, as a BLE source does. It ends by SIGKILL at a named commit point.
//
//   node records-child.testing.ts FOLDER RECORDS POINT WHEN NTH

import { writeSync } from 'node:fs';
import type { Delivery } from '@vitalseal/gateway';
import { utf8 } from '@vitalseal/ledger';
import { recordCursors } from '../devices/cursors.ts';
import { decodeIds } from '../inbox/recent.ts';
import { createSink } from '../inbox/sink.ts';
import { live, reading } from './core.testing.ts';

const [folder = '', records = '', point = '', when = '', nth = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

let left = Number(nth);
const { core } = live(folder, {
  faults(at, moment) {
    if (at === point && moment === when && --left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
const sink = createSink(
  {
    commit: async (group) => core.commit(group),
    monotonicMs: () => performance.now(),
    wallMs: Date.now,
    after(ms, work) {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
  },
  1 << 24,
);
for (const row of core.ids()) sink.recall(decodeIds(row));
const cursors = recordCursors({
  meta: async (key) => core.meta(key),
  setMeta: async (entries) => core.setMeta(entries),
});
say(`cursor ${(await cursors.load('meter')) === null ? 'none' : 'saved'}`);

function record(n: number): Delivery {
  const origin = { user: 'ble/meter', client: '2A18', packetId: n, duplicate: true, payloadHash: hashOf(n) };
  return { kind: 'readings', device: 'pump', readings: [reading(n)], alarm: false, origin };
}

function hashOf(n: number): Uint8Array {
  const hash = new Uint8Array(8);
  new DataView(hash.buffer).setUint32(0, n);
  return hash;
}

const settled = Array.from(
  { length: Number(records) },
  (_, n) =>
    new Promise<void>((resolve, reject) => {
      sink.deliver(record(n), (error) => (error === null ? resolve() : reject(error)));
    }),
);
await Promise.all(settled);
await cursors.save('meter', utf8(records));
say('saved');
await sink.drain(true);
say(`readings ${core.status().readings} duplicates ${core.status().duplicates}`);
await core.close();
