// A health sensor that observes without pause, and tells live what it also stores: through cut links and killed agents its
// owner ends with each observation once.
import { expect, test } from 'vitest';
import { hasBus, makeBluetooth } from '../site/bluetooth.ts';
import { runJson } from '../site/command.ts';
import { makeTemporaryFolder } from '../site/folder.ts';
import { readAll } from '../site/numbered-delivery.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';

const SENSOR = 'C0:26:DA:01:02:20';
const EVERY_MS = 200;
const STORED = 30;
/** The numbers pass 65535 while it stores. */
const FIRST = 65_520;
const CLOCK_ERROR_MS = 90_000;

interface Status {
  readings: number;
  ble: { state: string; problem: string | null }[];
}

test.skipIf(!hasBus())(
  'observations of a health sensor, live and stored, over cut links and killed agents: none is lost, none comes twice',
  async () => {
    const folder = await makeTemporaryFolder();
    const spec = { kind: 'health-sensor', records: STORED, firstSequence: FIRST, measuresEveryMs: EVERY_MS } as const;
    const bench = await makeBluetooth([{ ...spec, address: SENSOR, clockErrorMs: CLOCK_ERROR_MS }]);
    const agentConfig = `[batch]\nmax_age_seconds = 1\n[ble]\nbus = "${bench.busAddress}"`;
    const site = await makeSite(folder.dir, { agentConfig });
    const status = async () => (await site.status()) as unknown as Status;
    const live = async (more: number) => {
      await until('it to be live', async () => (await status()).ble[0]?.state === 'live', 30);
      const { readings } = await status();
      await until('live observations', async () => (await status()).readings >= readings + more, 30);
    };
    try {
      await runJson(['agent', 'devices', 'add', 'sensor-1', '--ble', SENSOR, '--data', site.agentDir]);
      await live(15);
      for (let cut = 0; cut < 2; cut++) {
        const links = bench.bluez.connections(SENSOR);
        bench.bluez.drop(SENSOR);
        await until('another link', () => bench.bluez.connections(SENSOR) > links);
        await live(10);
        await site.agent.stop('SIGKILL');
        await site.startAgent();
        await live(10);
      }
      // What it observed before the last request for stored records is all there.
      const lastAskedMs = Date.now() + CLOCK_ERROR_MS;
      bench.bluez.drop(SENSOR);
      await until('the end of the link', () => !bench.bluez.isConnected(SENSOR));
      await live(10);
      await runJson(['agent', 'flush', '--data', site.agentDir]);
      const rows = (await readAll(site)).filter(({ code }) => code === 'MDC_PULS_OXIM_SAT_O2');
      expect(new Set(rows.map(({ device }) => device))).toEqual(new Set(['sensor-1']));
      const times = rows.map(({ deviceTime }) => Date.parse(String(deviceTime))).sort((a, b) => a - b);
      expect(new Set(times).size).toBe(times.length);
      const [stored, told] = [times.slice(0, STORED), times.slice(STORED).filter((ms) => ms < lastAskedMs)];
      expect(stored.map((ms, i) => ms - (stored[i - 1] ?? ms - 3_600_000))).toEqual(stored.map(() => 3_600_000));
      expect(told.length).toBeGreaterThan(60);
      expect(told.map((ms, i) => ms - (told[i - 1] ?? ms - EVERY_MS))).toEqual(told.map(() => EVERY_MS));
      expect(rows.filter(({ context }) => context?.stored === true).length).toBeGreaterThanOrEqual(STORED);
      const known = await site.status();
      expect(known.ble).toMatchObject([{ problem: null }]);
    } finally {
      await site.stop();
      await bench.stop();
      await folder.remove();
    }
  },
  120_000,
);
