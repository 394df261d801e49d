// The promise of the agent, held against its real process: killed with SIGKILL at random points under load, it loses no
// acknowledged reading and registers none twice. What was acknowledged is compared with what its owner can read and prove.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { compareNumbers, numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';

const KILLS = Number(process.env.VITALSEAL_KILLS ?? 50);
const PER_MESSAGE = 5;

test(`${KILLS} kills of the agent under load: nothing acknowledged is lost, nothing is registered twice`, {
  timeout: KILLS * 6_000 + 120_000,
}, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    const access = await site.addDevice('monitor-1');
    const publisher = new Publisher({
      ...{ port: site.mqttPort, username: access.username, password: access.password, topic: access.topics.json },
      ...{ window: 20, perSecond: 200 },
      next: (n) => ({ payload: numberedPayload(n * PER_MESSAGE, PER_MESSAGE), readings: PER_MESSAGE }),
    });
    const publishing = publisher.run();

    for (let kill = 0; kill < KILLS; kill++) {
      await pause(Math.random() * 900);
      await site.agent.stop('SIGKILL');
      await site.startAgent();
    }

    await pause(1_000);
    publisher.finish();
    await publishing;
    await until(
      'all to be proven',
      async () => {
        const status = await site.status();
        return (
          status.backlog.readings === 0 &&
          status.backlog.batches === 0 &&
          status.proven >= publisher.acknowledgedReadings
        );
      },
      60,
    );

    const read = await runJson<{ readings: { value: string }[] }>([
      ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl],
    ]);
    const comparison = compareNumbers(
      read.readings.map((reading) => Number(reading.value)),
      publisher.acknowledged,
      PER_MESSAGE,
    );
    expect(publisher.acknowledged.size).toBeGreaterThan(KILLS);
    expect(comparison.lost, 'acknowledged readings that their owner cannot read').toBe(0);
    expect(comparison.duplicates, 'readings that were registered twice').toBe(0);
    await site.stop();
  });
});
