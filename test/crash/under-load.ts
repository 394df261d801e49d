// The frame of the crash tests: a site under a steady load, one of its processes killed at random points, and then what was
// acknowledged compared with what its owner can read.

import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { compareNumbers, numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

/** 50 in each test run; `npm run test:long` kills 200 times. */
export const KILLS = Number(process.env.VITALSEAL_KILLS ?? 50);

/** Milliseconds that a crash test may take. */
export const TIME_LIMIT = KILLS * 6_000 + 120_000;

/** The longest time between two kills: a batch lives for a second here, so kills fall into each part of its journey. */
const LONGEST_LIFE_MS = 900;

export interface CrashTest {
  readonly perMessage: number;
  readonly messagesPerSecond: number;
  /** Kills a process with SIGKILL and starts it again. */
  readonly kill: (site: Site) => Promise<void>;
}

/** Kills KILLS times under load; fails when an acknowledged reading is lost, or one is registered twice. */
export function killUnderLoad({ perMessage, messagesPerSecond, kill }: CrashTest): Promise<void> {
  return inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    const { username, password, topics } = await site.addDevice('monitor-1');
    const publisher = new Publisher({
      ...{ port: site.mqttPort, username, password, topic: topics.json },
      ...{ window: 20, perSecond: messagesPerSecond },
      next: (n) => ({ payload: numberedPayload(n * perMessage, perMessage), readings: perMessage }),
    });
    const publishing = publisher.run();
    for (let n = 0; n < KILLS; n++) {
      await pause(Math.random() * LONGEST_LIFE_MS);
      await kill(site);
    }
    publisher.finish();
    await publishing;
    expect(publisher.acknowledged.size, 'the load went on between the kills').toBeGreaterThan(KILLS);

    const provenAll = async () => {
      const { backlog, proven } = await site.status();
      return backlog.readings === 0 && backlog.batches === 0 && proven >= publisher.acknowledgedReadings;
    };
    await until('all to be proven', provenAll, 60);
    expect(await site.status()).toMatchObject({ forked: false, evidence: [] });
    const { readings } = await runJson<{ readings: { value: string }[] }>([
      ...['read', '--all', '--identity', site.identity, '--facility', site.facilityUrl],
    ]);
    const values = readings.map((reading) => Number(reading.value));
    expect(compareNumbers(values, publisher.acknowledged, perMessage)).toMatchObject({ lost: 0, duplicates: 0 });
    await site.stop();
  });
}
