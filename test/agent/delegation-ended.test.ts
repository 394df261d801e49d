// An owner who ends the delegation of a running gateway: what comes from then on waits, also over a restart, and nobody
// asks the registrar for another delegation until a device is assigned to that owner again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, addDevice, assignDevice, runAgent } from '@vitalseal/agent';
import { FacilityClient, parseAddress, parseIdentity, signingKeyOf } from '@vitalseal/ledger';
import { expect, test } from 'vitest';
import { httpTransport } from '../../wallet/facility.http.ts';
import { ANY_PORT, enrolAndRun, makeEmbeddedSite } from '../site/embedded.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { numberedPayload } from '../site/numbered-readings.ts';
import { Publisher } from '../site/publisher.ts';
import { until } from '../site/until.ts';

test('a delegation that ended is not asked for again but by an assignment', { timeout: 40_000 }, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeEmbeddedSite(dir);
    let agent = await enrolAndRun(site, 50);
    const device = await addDevice(site.agentDir, 'pump');
    const publish = (to: Agent, messages: number) =>
      new Publisher({
        ...{ username: device.username, password: device.password, topic: device.topics.json },
        ...{ port: Number(to.mqtt.split(':').at(-1)), window: 20, perSecond: 10_000 },
        next: (n) => (n < messages ? { payload: numberedPayload(n, 1), readings: 1 } : null),
      }).run();
    try {
      await publish(agent, 2);
      await agent.flush();
      const { origin, signingKey } = parseIdentity(readFileSync(join(site.agentDir, 'identity'), 'utf8'));
      const auth = { key: signingKeyOf(signingKey), now: () => Math.floor(Date.now() / 1000) };
      const client = new FacilityClient(httpTransport(site.facility.url), origin);
      await client.delegate({ owner: parseAddress(site.owner), end: true }, auth);

      await publish(agent, 2);
      await until('the record to be refused', async () => (await agent.status()).refused === 2);
      await publish(agent, 3);
      await until('what comes then to be held', async () => (await agent.status()).held === 3);
      await agent.stop();
      site.link.seen.length = 0;
      agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs: 50, log: () => {} });
      await publish(agent, 1);
      await until('that to be held too', async () => (await agent.status()).held === 4);
      await until('the owner to be looked at', async () => site.link.seen.includes('GET /v1/users'));
      expect(await agent.flush()).toMatchObject({ proven: 2, refused: 2, held: 4 });
      expect(site.link.seen).not.toContain('POST /v1/delegations');

      await assignDevice(site.agentDir, 'pump', site.owner);
      await until('what was held to be proven', async () => (await agent.status()).proven === 6);
      expect(await agent.flush()).toMatchObject({ proven: 6, refused: 2, held: 0 });
    } finally {
      await agent.stop();
      await site.stop();
    }
  });
});
