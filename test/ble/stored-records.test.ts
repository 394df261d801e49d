// What a glucose meter has stored, fetched by the real agent, which is killed in the middle again and again: its owner ends with
// each record once.

import { expect, test } from 'vitest';
import { hasBus, makeBluetooth } from '../site/bluetooth.ts';
import { runCommand, runJson } from '../site/command.ts';
import { makeTemporaryFolder } from '../site/folder.ts';
import { readAll } from '../site/numbered-delivery.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';

const METER = 'C0:26:DA:01:02:10';
const RECORDS = 600;
const CLOCK_ERROR_MS = 90 * 60_000 + 20_000;
/** Packets after which the agent is killed: in the first dump, in the one that begins anew, and in a third. */
const KILLS = [150, 450, 90];
const CASES = [
  { numbers: 'that ascend', firstSequence: 1, kills: KILLS, afterwards: 10 },
  // The request for what comes after the last one brings older ones then: the meter is asked for all, and all is known.
  { numbers: 'that begin again at 0', firstSequence: 65_300, kills: KILLS.slice(0, 1), afterwards: 3 * RECORDS },
];

interface Status {
  readings: number;
  ble: { state: string; readings: number; problem: string | null }[];
}

test.skipIf(!hasBus()).each(CASES)(
  `${RECORDS} stored records with numbers $numbers, the agent killed while they come: none is lost, none comes twice`,
  async ({ firstSequence, kills, afterwards }) => {
    const folder = await makeTemporaryFolder();
    const meter = { kind: 'glucose-ble', records: RECORDS, firstSequence, clockErrorMs: CLOCK_ERROR_MS } as const;
    const bench = await makeBluetooth([{ ...meter, address: METER }]);
    const agentConfig = `[batch]\nmax_age_seconds = 1\n[ble]\nbus = "${bench.busAddress}"`;
    const site = await makeSite(folder.dir, { agentConfig });
    try {
      await runJson(['agent', 'devices', 'add', 'meter-1', '--ble', METER, '--data', site.agentDir]);
      for (const packets of kills) {
        const before = bench.bluez.sent(METER).packets;
        await until(`${packets} packets`, () => bench.bluez.sent(METER).packets >= before + packets);
        await site.agent.stop('SIGKILL');
        await site.startAgent();
      }
      const status = async () => (await site.status()) as unknown as Status;
      let last = -1;
      const settled = async () => {
        const { readings, ble } = await status();
        const same = readings === last && ble[0]?.state === 'live';
        last = readings;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return same && readings >= RECORDS;
      };
      await until('the whole dump', settled, 60);
      /** What its owner can read: glucose, and all of the records but the battery, which is read with each link. */
      const read = async () => {
        await runJson(['agent', 'flush', '--data', site.agentDir]);
        const rows = (await readAll(site)).filter(({ code }) => !code.includes('BATT'));
        const of = (name: string) => rows.filter(({ code }) => code.includes(name));
        return { glucose: of('CONC_GLU'), meals: of('GLU_MEAL'), all: rows.length };
      };
      const first = await read();
      expect(new Set(first.glucose.map(({ device }) => device))).toEqual(new Set(['meter-1']));
      expect(first.glucose.length).toBe(RECORDS);
      // Each says that it was stored, how far its time is off, and which record it is: a meal finds its glucose.
      const numbers = first.glucose.map(({ context }) => context?.sourceSequence);
      expect(new Set(numbers)).toEqual(
        new Set(Array.from({ length: RECORDS }, (_, n) => (firstSequence + n) % 65_536)),
      );
      expect(first.meals.length).toBeGreaterThan(RECORDS / 4);
      for (const { context } of first.meals) expect(numbers).toContain(context?.sourceSequence);
      for (const { context } of [...first.glucose, ...first.meals]) {
        expect(context).toMatchObject({ stored: true, clockUncertaintyMs: expect.any(Number) });
        const { clockOffsetMs, clockUncertaintyMs } = context as Record<string, number>;
        expect(Math.abs(Number(clockOffsetMs) - CLOCK_ERROR_MS)).toBeLessThan(1000 + Number(clockUncertaintyMs));
      }
      const who = ['--identity', site.identity, '--facility', site.facilityUrl];
      const { stdout } = await runCommand(['read', '--all', ...who]);
      expect(stdout).toMatch(/\n\d+ {2}stored; device clock 1 hour 30 minutes ahead of UTC\n/);

      // The cursor stands behind the last record: another life asks for no more than that one.
      await site.agent.stop('SIGKILL');
      const sent = bench.bluez.sent(METER).packets;
      await site.startAgent();
      await until('the meter to be looked at again', async () => (await status()).ble[0]?.state === 'live', 30);
      expect((await read()).all).toBe(first.all);
      expect(bench.bluez.sent(METER).packets - sent).toBeLessThan(afterwards);
    } finally {
      await site.stop();
      await bench.stop();
      await folder.remove();
    }
  },
  180_000,
);
