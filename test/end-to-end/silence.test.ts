// Health data stays out of logs, metrics and errors: a run with values, names and addresses that occur nowhere else, good and bad
// input, and then a search of everything that was written for any of them.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../site/folder.ts';
import { Publisher } from '../site/publisher.ts';
import { makeSite } from '../site/site.ts';

const VALUE = '271828.1828459';
const OWN_NAME = 'MARKER_OWN_NAME_77';

test('no log line, metric or error holds a value, a topic, an owner or a password', { timeout: 60_000 }, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    const access = await site.addDevice('marker-device-42');
    const good = `{"readings":[{"code":"${OWN_NAME}","value":${VALUE},"unit":"/min"}]}`;
    const payloads = [good, `{"readings":[{"code":"${OWN_NAME}","value":"${VALUE}`, `[${VALUE}`, good];
    const publish = (password: string, topic: string) =>
      new Publisher({
        ...{ port: site.mqttPort, username: access.username, password, topic, window: 4, perSecond: 100 },
        next: (n) => (payloads[n] === undefined ? null : { payload: Buffer.from(payloads[n]), readings: 1 }),
      });
    await publish(access.password, access.topics.json).run();
    await publish(access.password, access.topics.senml).run();
    for (const [password, topic] of [
      ['not-the-password-9', access.topics.json],
      [access.password, 'vitalseal/another-device/json'],
    ] as const) {
      const refused = publish(password, topic);
      const run = refused.run();
      await pause(300);
      refused.abandon();
      await run;
      expect(refused.acknowledged.size).toBe(0);
    }
    await pause(2_500);
    const metrics = await (await fetch(`${site.facilityUrl}/metrics`)).text();
    const refusal = await (await fetch(`${site.facilityUrl}/v1/users/${site.owner}x`)).text();
    const agent = (await site.agent.stop()).stderr + site.agent.output().stdout;
    const facility = (await site.facility.stop()).stderr + site.facility.output().stdout;

    expect(agent.length, 'the agent logs something').toBeGreaterThan(0);
    for (const [where, text] of Object.entries({ agent, facility, metrics, refusal })) {
      for (const secret of [
        VALUE,
        OWN_NAME,
        site.owner,
        access.password,
        access.topics.json,
        'another-device',
        'not-the-password-9',
      ])
        expect(text, `${where} holds a secret`).not.toContain(secret);
    }
  });
});
