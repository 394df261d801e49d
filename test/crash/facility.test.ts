// The facility's promise, held against its real process: killed at random points while an agent registers, it loses nothing that
// it gave a receipt for, its log stays one log, and the agent ends with everything proven.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { compareNumbers, numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';

const KILLS = Number(process.env.VITALSEAL_KILLS ?? 50);
const PER_MESSAGE = 2;

test(`${KILLS} kills of the facility under load: every registration ends proven, once, in one log`, {
  timeout: KILLS * 6_000 + 120_000,
}, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    const access = await site.addDevice('monitor-1');
    const publisher = new Publisher({
      ...{ port: site.mqttPort, username: access.username, password: access.password, topic: access.topics.json },
      ...{ window: 20, perSecond: 100 },
      next: (n) => ({ payload: numberedPayload(n * PER_MESSAGE, PER_MESSAGE), readings: PER_MESSAGE }),
    });
    const publishing = publisher.run();

    for (let kill = 0; kill < KILLS; kill++) {
      await pause(Math.random() * 900);
      await site.facility.stop('SIGKILL');
      await site.startFacility();
    }

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
    expect(await site.status()).toMatchObject({ forked: false });

    const read = await runJson<{ readings: { value: string }[] }>([
      ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl],
    ]);
    const comparison = compareNumbers(
      read.readings.map((reading) => Number(reading.value)),
      publisher.acknowledged,
      PER_MESSAGE,
    );
    expect(comparison).toMatchObject({ lost: 0, duplicates: 0 });
    await site.stop();
  });
});
