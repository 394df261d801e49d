// The facility is away for longer than the disk lasts: devices are still served, the oldest readings go, and the ledger then holds a
// signed notice for every one of them. Stream counters of records and notices together have no gap and no overlap.

import { decodeEntry, MESSAGES, type Notice } from '@vitalseal/ledger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, deliver, readAll } from '../site/numbered-delivery.ts';
import { Publisher } from '../site/publisher.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

const SPOOL_MEGABYTES = 8;
const FIRST = 3;
const SAMPLES = 20_000;

describe('a spool that overflows', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let access: DeviceAccess;
  let sent = 0;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    const agentConfig = `[batch]\nmax_age_seconds = 1\n[spool]\nmegabytes = ${SPOOL_MEGABYTES}`;
    site = await makeSite(folder.dir, { agentConfig });
    access = await site.addDevice('ecg-1');
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    await folder?.remove();
  });

  /** A numbered reading, and beside it noise that no codec can make small: about 80 kB sealed. */
  function noisy(n: number): { payload: Uint8Array; readings: number } {
    const samples = Array.from({ length: SAMPLES }, () => Math.floor(Math.random() * 2 ** 23));
    const readings = [
      { code: 'MDC_ECG_HEART_RATE', value: n, unit: '/min' },
      { code: 'MDC_ECG_ELEC_POTL_II', unit: 'mV', period_ms: 4, scale: 0.001, samples },
    ];
    return { payload: Buffer.from(JSON.stringify({ readings })), readings: 2 };
  }

  /** Every entry that the agent has in the ledger. */
  async function ownEntries() {
    const get = async (path: string) => new Uint8Array(await (await fetch(`${site.facilityUrl}${path}`)).arrayBuffer());
    const { address } = await site.status();
    const entries = [];
    for (let from = 0; ; ) {
      const rows = MESSAGES.leaves.decode(await get(`/v1/signers/${address}/leaves?from=${from}`));
      if (rows.length === 0) return entries;
      for (const { index } of rows) entries.push(decodeEntry(await get(`/v1/entries/${index}`)).entry);
      from += rows.length;
    }
  }

  test('takes what devices send, keeps within its bound, and says when it will be full', async () => {
    await deliver(site, access, 0, FIRST);
    await allProven(site, FIRST);
    await site.facility.stop();
    const { username, password, topics } = access;
    const publisher = new Publisher({
      ...{ port: site.mqttPort, username, password, topic: topics.json, window: 8, perSecond: 9 },
      next: (n) => noisy(FIRST + n),
    });
    const publishing = publisher.run();
    const seen = { seconds: [] as number[], most: 0 };
    await until(
      'readings to be dropped',
      async () => {
        const { secondsToFull, spool, dropped } = (await site.status()) as unknown as {
          secondsToFull: number | null;
          spool: { used: number; limit: number };
          dropped: number;
        };
        if (secondsToFull !== null) seen.seconds.push(secondsToFull);
        seen.most = Math.max(seen.most, spool.used);
        expect(spool.limit).toBe(SPOOL_MEGABYTES * 2 ** 20);
        return dropped >= 20;
      },
      60,
    );
    publisher.finish();
    await publishing;
    sent = publisher.sent;
    expect(publisher.acknowledged.size, 'every message was acknowledged').toBe(sent);
    expect(seen.seconds.length, 'the time to full was shown').toBeGreaterThan(0);
    expect(Math.max(...seen.seconds)).toBeLessThan(120);
    expect(seen.most).toBeLessThanOrEqual(SPOOL_MEGABYTES * 2 ** 20);
    expect(await site.status()).toMatchObject({ link: 'down', problem: 'facility_unreachable' });
  }, 120_000);

  test('after link-up all that was kept is proven, all that was not is in a notice, and nothing is both', async () => {
    await site.startFacility();
    const total = FIRST + 2 * sent;
    const status = await until(
      'the rest to be proven',
      async () => {
        const now = await site.status();
        return now.backlog.readings === 0 && now.proven + Number(now.dropped) === total ? now : null;
      },
      60,
    );
    const dropped = Number(status.dropped);
    expect(dropped).toBeGreaterThanOrEqual(20);
    await until('the notices', async () => (await ownEntries()).some(({ type }) => type === 'notice'));

    const lost = new Set<number>();
    for (const { type, body } of await ownEntries()) {
      if (type !== 'notice') continue;
      const { kind, statement } = body as Notice;
      expect(kind).toBe('readings-dropped');
      if (statement === null) throw new Error('a notice without a statement');
      expect(statement.reason).toBe('spool-full');
      expect(statement.from).toBeLessThanOrEqual(statement.to);
      for (let counter = statement.firstCounter; counter <= statement.lastCounter; counter++) {
        expect(lost.has(counter), 'told twice').toBe(false);
        lost.add(counter);
      }
    }
    expect(lost.size).toBe(dropped);

    const rows = await readAll(site);
    expect(rows).toHaveLength(total - dropped);
    const kept = new Set<number>();
    for (const { code, value } of rows) {
      if (code !== 'MDC_ECG_HEART_RATE') continue;
      const n = Number(value);
      // One connection, so counters follow the numbers: first single readings, then pairs.
      kept.add(n < FIRST ? n : FIRST + 2 * (n - FIRST));
    }
    for (let counter = 0; counter < FIRST; counter++) expect(kept.has(counter)).toBe(!lost.has(counter));
    for (let counter = FIRST; counter < total; counter += 2) {
      expect(kept.has(counter), `counter ${counter} is kept or lost`).toBe(!lost.has(counter));
      expect(lost.has(counter + 1)).toBe(lost.has(counter));
    }
  }, 120_000);
});
