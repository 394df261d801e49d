// A facility that is down, slow, or answers nonsense: devices notice nothing, the backlog grows and is shown, nothing is dropped, and
// when it is over every acknowledged reading is proven exactly once.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fault, type FaultyLink, startFaultyLink } from '../site/faulty-link.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, compareRead, deliver, exactlyOnce } from '../site/numbered-delivery.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';
import { until } from '../site/until.ts';

const PER_TROUBLE = 10;

describe('a facility in trouble', () => {
  let folder: TemporaryFolder;
  let link: FaultyLink;
  let site: Site;
  let access: DeviceAccess;
  let sent = 0;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir, {
      agentConfig: '[batch]\nmax_age_seconds = 1',
      facilitySeenAs: async (url) => {
        link = await startFaultyLink(url);
        return link.url;
      },
    });
    access = await site.addDevice('monitor-1');
    await deliver(site, access, 0, PER_TROUBLE);
    sent = PER_TROUBLE;
    await allProven(site, sent);
  }, 60_000);

  afterAll(async () => {
    await site?.stop();
    link?.close();
    await folder?.remove();
  });

  /** During the trouble readings are acknowledged and kept; after `end`, proven. */
  async function outlived(end: () => Promise<void> | void): Promise<void> {
    const before = await site.status();
    await deliver(site, access, sent, PER_TROUBLE);
    sent += PER_TROUBLE;
    const during = await until('the agent to say that something is wrong', async () => {
      const now = await site.status();
      return now.problem !== null && now.backlog.readings === PER_TROUBLE ? now : null;
    });
    expect(during).toMatchObject({ proven: before.proven, dropped: 0, refused: 0, forked: false, running: true });
    await end();
    await allProven(site, sent);
    await until('the problem to be over', async () => (await site.status()).problem === null);
  }

  const troubles: Fault[] = ['refuse', 'nonsense', 'garbage', 'redirect', 'busy', 'huge', 'cut', 'lose'];
  test.each(troubles)('every request: %s', { timeout: 40_000 }, async (fault) => {
    link.judge = () => fault;
    await outlived(() => {
      link.judge = () => null;
    });
  });

  test('slow by seconds, it is only late: all is proven without an end of the slowness', {
    timeout: 60_000,
  }, async () => {
    link.judge = () => 'slow';
    await deliver(site, access, sent, PER_TROUBLE);
    sent += PER_TROUBLE;
    await allProven(site, sent, 50);
    link.judge = () => null;
  });

  test('switched off, and the agent killed meanwhile', { timeout: 60_000 }, async () => {
    await site.facility.stop('SIGKILL');
    await outlived(async () => {
      await site.agent.stop('SIGKILL');
      await site.startAgent();
      // Not at once: first it has to find out.
      await until('the agent to see that the facility is gone', async () => (await site.status()).link === 'down');
      expect(await site.status()).toMatchObject({ backlog: { readings: PER_TROUBLE }, link: 'down' });
      await site.startFacility();
    });
  });

  test('in the end each reading is there once, and the agent is as it was', { timeout: 30_000 }, async () => {
    expect(await compareRead(site, sent)).toEqual(exactlyOnce(sent));
    expect(await site.status()).toMatchObject({
      ...{ proven: sent, dropped: 0, refused: 0, evidence: [], state: 'running', link: 'up' },
      backlog: { readings: 0, batches: 0 },
    });
  });
});
