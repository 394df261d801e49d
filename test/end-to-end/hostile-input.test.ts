// Bad input at the door of the real agent, in MQTT 3.1.1 and 5: refused or quarantined with a code, counted, the connection
// handled as the specification says, and a good device beside it never disturbed.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { allProven, readAll } from '../site/numbered-delivery.ts';
import { Session, type Version } from '../site/session.ts';
import { type DeviceAccess, makeSite, type Site } from '../site/site.ts';

interface Counts {
  quarantined: number;
  gateway: Record<string, number>;
}

describe('bad input over MQTT', () => {
  let folder: TemporaryFolder;
  let site: Site;
  let good: DeviceAccess;
  let bad: DeviceAccess;
  let beside: Session;
  let acknowledged = 0;
  let before: Counts;

  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    site = await makeSite(folder.dir, { agentConfig: '[batch]\nmax_age_seconds = 1' });
    good = await site.addDevice('good-1');
    bad = await site.addDevice('bad-1');
    beside = new Session(site.mqttPort, 4);
    expect(await beside.login(good, 'beside')).toBe(0);
    before = await counts();
  }, 60_000);

  afterAll(async () => {
    beside?.end();
    await site?.stop();
    await folder?.remove();
  });

  const counts = async (): Promise<Counts> => (await site.status()) as unknown as Counts;
  const reading = (value: number) => `{"readings":[{"code":"MDC_ECG_HEART_RATE","value":${value},"unit":"/min"}]}`;

  /** Runs an attack; the named counters grow by one, and the good device's connection still takes readings. */
  async function undisturbed(counted: readonly string[], attack: () => Promise<void>): Promise<void> {
    await attack();
    expect(await beside.acknowledged(beside.publish(good.topics.json, reading(acknowledged)))).toBe(0);
    acknowledged += 1;
    const after = await counts();
    for (const name of counted) {
      const grown = (after.gateway[name] ?? 0) - (before.gateway[name] ?? 0);
      expect(grown, `counter ${name} of ${JSON.stringify(after.gateway)}`).toBe(1);
    }
    const quarantined = counted.some((name) => name.startsWith('quarantined')) ? 1 : 0;
    expect(after.quarantined - before.quarantined, 'quarantined in the status').toBe(quarantined);
    before = after;
  }

  async function session(version: Version): Promise<Session> {
    const opened = new Session(site.mqttPort, version);
    expect(await opened.login(bad)).toBe(0);
    return opened;
  }

  describe.each([4, 5] as const)('protocol level %d', (version) => {
    test.each([
      ['text that is no JSON', 'json', '{"readings":[{'],
      ['JSON of another shape', 'json', '{"readings":[{"code":7}]}'],
      ['a number beyond any instrument', 'json', '{"readings":[{"code":"X","value":1e999999999,"unit":"/min"}]}'],
      ['SenML JSON that is none', 'senml', '{"n":"x"}'],
      ['CBOR cut short', 'senml-cbor', Buffer.from('81a4', 'hex')],
      ['nothing at all', 'json', ''],
    ] as const)('a malformed payload is quarantined, then acknowledged: %s', async (_what, format, payload) => {
      await undisturbed(['quarantined'], async () => {
        const sender = await session(version);
        expect(await sender.acknowledged(sender.publish(bad.topics[format], payload))).toBe(version === 5 ? 0x99 : 0);
        expect(sender.closed).toBe(false);
        sender.end();
      });
    });

    test.each([
      ["another device's topic", 'vitalseal/good-1/json', 'refused_topic_denied', 0x87],
      ['a topic of nobody', 'hospital/ward', 'refused_topic_denied', 0x87],
      ['a topic of the system', '$SYS/broker', 'refused_topic_denied', 0x87],
      ['a deep topic', `vitalseal/bad-1/json${'/deeper'.repeat(20)}`, 'refused_topic_too_deep', 0x90],
    ])('%s: 3.1.1 is closed, 5 is told the reason and goes on', async (_what, topic, counter, reason) => {
      await undisturbed(['refused', counter], async () => {
        const sender = await session(version);
        const id = sender.publish(topic, reading(666));
        if (version === 5) {
          expect(await sender.acknowledged(id)).toBe(reason);
          expect(await sender.acknowledged(sender.publish(bad.topics.json, reading(-1)))).toBe(0);
        } else {
          await sender.wasClosed();
          expect(sender.packets.filter(({ cmd }) => cmd === 'puback')).toEqual([]);
        }
        sender.end();
      });
    });

    test('a topic beyond all depth closes the connection in both, with a code of its own in the counts', async () => {
      await undisturbed(['refused', 'refused_topic_too_deep'], async () => {
        const sender = await session(version);
        sender.publish(`vitalseal${'/a'.repeat(20_000)}`, reading(666));
        await sender.wasClosed();
        expect(sender.packets.filter(({ cmd }) => cmd === 'puback')).toEqual([]);
      });
    });

    test('an oversized packet closes the connection at its head; 5 is told why', async () => {
      await undisturbed(['refused', 'refused_packet_too_large'], async () => {
        const sender = await session(version);
        // The head announces 200 MB; only a topic follows.
        sender.write(Buffer.from('3280 84af5f 0012'.replaceAll(' ', ''), 'hex'));
        sender.write(Buffer.from('vitalseal/bad-1/json'));
        await sender.wasClosed();
        expect(sender.farewell).toBe(version === 5 ? 0x95 : null);
      });
    });

    test('bytes that are no packet close the connection; 5 may be told why', async () => {
      await undisturbed(['refused', 'refused_packet_malformed'], async () => {
        const sender = await session(version);
        sender.write(Buffer.from('3602 0000'.replaceAll(' ', ''), 'hex'));
        await sender.wasClosed();
      });
    });

    test.each([
      ['an unknown device', () => ({ username: 'stranger-1', password: bad.password })],
      ['a wrong password', () => ({ username: bad.username, password: 'a-guess' })],
      ["another device's password", () => ({ username: bad.username, password: good.password })],
    ])('%s is refused at CONNECT, with one and the same code', async (_who, login) => {
      await undisturbed(['refused', 'refused_client_refused'], async () => {
        const sender = new Session(site.mqttPort, version);
        expect(await sender.login(login())).toBe(version === 5 ? 0x86 : 4);
        await sender.wasClosed();
      });
    });

    test.each(['#', 'vitalseal/bad-1/json', '$SYS/#'])(
      'a subscription to %s is refused, the session stays',
      async (topic) => {
        await undisturbed(['subscriptions_refused'], async () => {
          const sender = await session(version);
          const [code] = await sender.subscribe(topic);
          expect(code).toBe(version === 5 ? 0x87 : 0x80);
          expect(await sender.acknowledged(sender.publish(bad.topics.json, reading(-1)))).toBe(0);
          sender.end();
        });
      },
    );
  });

  test('every reading that was acknowledged is proven and readable once; nothing of what was refused is', async () => {
    await allProven(site, acknowledged);
    const rows = await readAll(site);
    const values = rows.filter(({ device }) => device === 'good-1').map(({ value }) => Number(value));
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: acknowledged }, (_, n) => n));
    expect(rows.filter(({ value }) => value === '666')).toEqual([]);
  }, 40_000);
});
