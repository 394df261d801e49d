// What a light node keeps of each registration for ever, and how large the proof is that it hands out.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';
import { publishLoad } from './load.ts';

const PER_BATCH = 10;

/** Bytes of the light store per registration after `registrations` of them, and of one exported proof. */
export function measureRecordKeeping(registrations: number) {
  return inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: `[batch]\nmax_readings = ${PER_BATCH}\nmax_age_seconds = 2` });
    const access = await site.addDevice('bench');
    // One message at a time: each commit is a segment of its own, and so a batch.
    const load = { messages: registrations, perMessage: PER_BATCH, perSecond: 1e9, window: 1 };
    await publishLoad(site.mqttPort, access, load);
    await until('all to be proven', async () => (await site.status()).proven >= registrations * PER_BATCH, 120);
    const { records } = await runJson<{ records: { id: string; state: string }[] }>([
      ...['agent', 'records', '--data', site.agentDir],
    ]);
    const newest = records.findLast(({ state }) => state === 'proven');
    if (newest === undefined) throw new Error('no proven record');
    const file = join(dir, 'record.tlog-proof');
    await runJson(['agent', 'proof', newest.id, '--out', file, '--data', site.agentDir]);
    const proofBytes = (await stat(file)).size;
    await site.stop();
    return { ...storedBytes(join(site.agentDir, 'agent.db')), proofBytes };
  });
}

/** Pages of the table of own leaves, and of the bounded window of details. */
function storedBytes(path: string) {
  const database = new Database(path, { readonly: true });
  try {
    const pages = database.prepare('SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name = ?').pluck();
    const leaves = database.prepare('SELECT SUM(LENGTH(leaves)) / 32 FROM light').pluck().get() as number;
    const light = pages.get('light') as number;
    return { leaves, bytesPerRegistration: light / leaves, windowBytes: pages.get('detail') as number };
  } finally {
    database.close();
  }
}
