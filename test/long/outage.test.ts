// A long outage of the link to the facility, with the agent killed in the middle of it: 100,000 readings pile up sealed, the link
// comes back, and every one of them ends proven and readable, once.

import { expect, test } from 'vitest';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { compareNumbers, numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';
import { startWireMeter, type WireMeter } from '../site/wire-meter.ts';

const READINGS = 100_000;
const PER_MESSAGE = 10;

test(`an outage of ${READINGS} readings loses and duplicates nothing`, { timeout: 600_000 }, async () => {
  await inTemporaryFolder(async (dir) => {
    let link: WireMeter | undefined;
    const site = await makeSite(dir, {
      agentConfig: '[batch]\nmax_age_seconds = 2',
      facilitySeenAs: async (url) => {
        link = await startWireMeter(url);
        return link.url;
      },
    });
    const access = await site.addDevice('monitor-1');
    link?.setLink(false);
    const publisher = new Publisher({
      ...{ port: site.mqttPort, username: access.username, password: access.password, topic: access.topics.json },
      ...{ window: 50, perSecond: 1_000 },
      next: (n) =>
        n * PER_MESSAGE < READINGS
          ? { payload: numberedPayload(n * PER_MESSAGE, PER_MESSAGE), readings: PER_MESSAGE }
          : null,
    });
    const publishing = publisher.run();
    await until('half of the outage', () => publisher.acknowledgedReadings > READINGS / 2, 120);
    await site.agent.stop('SIGKILL');
    await site.startAgent();
    await publishing;

    link?.setLink(true);
    await until('all to be proven', async () => (await site.status()).proven >= READINGS, 300);
    const read = await runJson<{ readings: { value: string }[] }>([
      ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl],
    ]);
    const values = read.readings.map((reading) => Number(reading.value));
    expect(compareNumbers(values, publisher.acknowledged, PER_MESSAGE)).toMatchObject({ lost: 0, duplicates: 0 });
    expect(values).toHaveLength(READINGS);
    await site.stop();
    link?.stop();
  });
});
