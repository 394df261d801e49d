// What a glucose meter has stored, fetched by the real agent, which is killed in the middle again and again: its owner ends with
// each record once.

import { expect, test } from 'vitest';
import { hasBus, makeBluetooth } from '../site/bluetooth.ts';
import { runJson } from '../site/command.ts';
import { makeTemporaryFolder } from '../site/folder.ts';
import { readAll } from '../site/numbered-delivery.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';

const METER = 'C0:26:DA:01:02:10';
const RECORDS = 600;
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
    const bench = await makeBluetooth([{ kind: 'glucose-ble', address: METER, records: RECORDS, firstSequence }]);
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
        return { glucose: rows.filter(({ code }) => code.includes('CONC_GLU')), all: rows.length };
      };
      const first = await read();
      expect(new Set(first.glucose.map(({ device }) => device))).toEqual(new Set(['meter-1']));
      expect(first.glucose.length).toBe(RECORDS);

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
