import { VitalsealError } from '@vitalseal/ledger';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { Broker, BrokerOptions } from '../main.ts';
import { PASSWORDS, PAYLOAD, RawClient, startBroker, TestSink, until } from './broker.testing.ts';
import { selfSigned } from './tls.testing.ts';

const running: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function start(options: Partial<BrokerOptions> = {}): Promise<{ broker: Broker; sink: TestSink; port: number }> {
  const sink = new TestSink();
  const broker = await startBroker(sink, options);
  running.push(async () => {
    sink.settleAll();
    await broker.stop();
  });
  return { broker, sink, port: broker.port ?? 0 };
}

function raw(port: number, version: 4 | 5 = 4): RawClient {
  const client = new RawClient(port, version);
  running.push(() => client.end());
  return client;
}

const certificate = selfSigned();

describe.each([4, 5] as const)('MQTT version %d', (protocolVersion) => {
  async function client(url: string, more: object = {}): Promise<MqttClient> {
    const login = { username: 'monitor', password: PASSWORDS.monitor ?? '', protocolVersion, reconnectPeriod: 0 };
    const made = await connectAsync(url, { ...login, ...more });
    made.on('error', () => {});
    running.push(() => made.endAsync(true));
    return made;
  }

  it.each([false, true])('takes QoS 0, 1 and 2 of a real client (TLS %j)', async (tls) => {
    const { sink, port, broker } = await start(tls ? { tls: certificate } : {});
    const url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
    const mqtt = await client(url, tls ? { ca: certificate.cert } : {});
    for (const qos of [0, 1, 2] as const) await mqtt.publishAsync('vitalseal/monitor/json', PAYLOAD, { qos });
    await mqtt.publishAsync('vitalseal/monitor/senml', '[{"n":"spo2","u":"%","v":97.0}]', { qos: 1 });
    await mqtt.publishAsync('vitalseal/monitor/senml-cbor', Buffer.from('81a200616102f93e00', 'hex'), { qos: 1 });
    await until(() => sink.deliveries.length === 5);
    expect(sink.deliveries.map(({ kind, device, origin }) => [kind, device, origin?.packetId !== null])).toEqual([
      ['readings', 'monitor', false],
      ['readings', 'monitor', true],
      ['readings', 'monitor', true],
      ['readings', 'monitor', true],
      ['readings', 'monitor', true],
    ]);
    expect(sink.deliveries[1]?.origin).toMatchObject({
      user: 'monitor',
      client: mqtt.options.clientId,
      duplicate: false,
    });
    expect(broker.counters()).toMatchObject({ messages: 5, readings: 5, unacknowledged: 1, unmapped: 1 });
  });

  it('sends no PUBACK before the sink has settled, with 100 in flight, and then sends them in order', async () => {
    const { sink, port } = await start();
    sink.hold = true;
    const device = await raw(port, protocolVersion).login();
    for (let id = 1; id <= 100; id++) device.publish(id);
    await until(() => sink.waiting === 100);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(device.of('puback')).toEqual([]);
    // Settled out of order, acknowledged in order [MQTT-4.6.0-2].
    for (let i = 0; i < 50; i++) sink.settle(null, sink.waiting - 1);
    sink.settleAll();
    await device.next('puback', 100);
    expect(device.of('puback').map(({ messageId }) => messageId)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('never acknowledges what the sink did not keep, and closes', async () => {
    const { sink, port, broker } = await start();
    sink.hold = true;
    const device = await raw(port, protocolVersion).login();
    device.publish(1);
    device.publish(2, { qos: 2 });
    device.publish(3);
    await until(() => sink.waiting === 3);
    sink.settleAll(new VitalsealError('disk_full'));
    await until(() => device.closed);
    expect([device.of('puback'), device.of('pubrec')]).toEqual([[], []]);
    if (protocolVersion === 5) expect(device.of('disconnect')).toMatchObject([{ reasonCode: 0x97 }]);
    expect(broker.counters()).toMatchObject({ failed: 3, failed_disk_full: 3 });
  });

  it('never acknowledges when the sink never settles, and stops all the same', async () => {
    const { sink, port, broker } = await start({ limits: { stopMs: 50 } });
    sink.hold = true;
    const device = await raw(port, protocolVersion).login();
    device.publish(1);
    await until(() => sink.waiting === 1);
    await broker.stop();
    await until(() => device.closed);
    expect(device.of('puback')).toEqual([]);
  });

  it('acknowledges what was kept before it closes over what was not', async () => {
    const { sink, port } = await start();
    sink.hold = true;
    const device = await raw(port, protocolVersion).login();
    device.publish(1);
    device.publish(2);
    await until(() => sink.waiting === 2);
    sink.settle();
    sink.settleAll(new VitalsealError('disk_full'));
    await until(() => device.closed);
    expect(device.of('puback').map(({ messageId }) => messageId)).toEqual([1]);
  });

  it('delivers a QoS 2 message once, however often it comes before PUBREL, also over a new connection', async () => {
    const { sink, port } = await start();
    const keep = protocolVersion === 5 ? { clean: true, properties: { sessionExpiryInterval: 60 } } : { clean: false };
    const first = await raw(port, protocolVersion).login(keep);
    sink.hold = true;
    first.publish(9, { qos: 2 });
    first.publish(9, { qos: 2, dup: true });
    await until(() => sink.waiting === 1);
    sink.settleAll();
    await first.next('pubrec', 2);
    await first.end();
    const second = raw(port, protocolVersion);
    expect(await second.login({ ...keep, clean: false }).then((c) => c.of('connack')[0])).toMatchObject({
      sessionPresent: true,
    });
    second.publish(9, { qos: 2, dup: true });
    await second.next('pubrec');
    expect(sink.deliveries).toHaveLength(1);
    second.send({ cmd: 'pubrel', messageId: 9 });
    await second.next('pubcomp');
    second.publish(9, { qos: 2 });
    await until(() => sink.deliveries.length === 2);
  });

  it('says DUP, packet id and a keyed hash of the payload, and acknowledges what it quarantines', async () => {
    const { sink, port, broker } = await start();
    const device = await raw(port, protocolVersion).login({ clientId: 'a-client' });
    device.publish(5);
    device.publish(5, { dup: true });
    device.publish(6, { payload: '{"readings":[{}' });
    const answer = await device.next('puback', 3);
    expect(answer).toMatchObject({ messageId: 6, ...(protocolVersion === 5 ? { reasonCode: 0x99 } : {}) });
    const [one, again, bad] = sink.deliveries;
    expect(one?.origin).toMatchObject({ user: 'monitor', client: 'a-client', packetId: 5, duplicate: false });
    expect(again?.origin).toMatchObject({ packetId: 5, duplicate: true, payloadHash: one?.origin?.payloadHash });
    expect(one?.origin?.payloadHash).toHaveLength(8);
    expect(bad).toMatchObject({ kind: 'quarantine', device: 'monitor', reason: 'payload_malformed' });
    expect(bad?.kind === 'quarantine' && Buffer.from(bad.bytes).toString()).toBe('{"readings":[{}');
    expect(broker.counters()).toMatchObject({ quarantined: 1, quarantined_payload_malformed: 1, readings: 2 });
  });

  it.each([
    ['of another device', 'vitalseal/pump/json', 'topic_denied', 0x87],
    ['of no device', 'vitalseal/monitor', 'topic_denied', 0x87],
    ['of the broker', '$SYS/x', 'topic_denied', 0x87],
    ['with an unknown format', 'vitalseal/monitor/xml', 'topic_denied', 0x87],
    ['that is deep', 'a/'.repeat(60), 'topic_too_deep', 0x90],
  ])('refuses a topic %s', async (_which, topic, code, reasonCode) => {
    const { sink, port, broker } = await start();
    const device = await raw(port, protocolVersion).login();
    device.publish(1, { topic });
    if (protocolVersion === 5) {
      expect(await device.next('puback')).toMatchObject({ reasonCode });
      device.publish(2);
      await device.next('puback', 2);
      expect(sink.deliveries).toHaveLength(1);
    } else {
      await until(() => device.closed);
      expect(sink.deliveries).toHaveLength(0);
    }
    expect(broker.counters()).toMatchObject({ refused: 1, [`refused_${code}`]: 1 });
  });

  it('grants no subscription, keeps nothing and publishes no will', async () => {
    const { sink, port, broker } = await start();
    const will = { topic: 'vitalseal/monitor/json', payload: Buffer.from(PAYLOAD), qos: 1, retain: true };
    const device = await raw(port, protocolVersion).login({ will });
    device.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: '#', qos: 1 },
        { topic: 'vitalseal/+/json', qos: 0 },
      ],
    });
    const { granted } = (await device.next('suback')) as { granted?: unknown };
    expect(granted).toEqual(protocolVersion === 5 ? [0x87, 0x87] : [128, 128]);
    device.publish(2, { retain: true });
    await device.next('puback');
    await device.end();
    await until(() => broker.counters().clients === 0);
    expect(sink.deliveries).toHaveLength(1);
    expect(device.of('publish')).toEqual([]);
    expect(broker.counters()).toMatchObject({ wills_ignored: 1, retain_ignored: 1, subscriptions_refused: 2 });
  });

  it('refuses a wrong password and an unknown device', async () => {
    const { port, broker } = await start();
    for (const login of [
      { password: Buffer.from('wrong') },
      { username: 'stranger' },
      { username: '', password: undefined },
    ]) {
      const device = await raw(port, protocolVersion).login(login);
      const code = protocolVersion === 5 ? { reasonCode: 0x86 } : { returnCode: 4 };
      expect(device.of('connack')[0]).toMatchObject(code);
      await until(() => device.closed);
    }
    expect(broker.counters()).toMatchObject({ refused_client_refused: 3, clients: 0 });
  });

  it('scopes a client id by its user, so that nobody is put out by a stranger', async () => {
    const { port, broker } = await start();
    const device = await raw(port, protocolVersion).login({ clientId: 'same' });
    const password = Buffer.from(PASSWORDS.pump ?? '');
    await raw(port, protocolVersion).login({ clientId: 'same', username: 'pump', password });
    expect(broker.counters().clients).toBe(2);
    expect(device.closed).toBe(false);
    await raw(port, protocolVersion).login({ clientId: 'same' });
    await until(() => device.closed);
    expect(broker.counters().clients).toBe(2);
  });

  it.each([false, true])('takes each of 2,000 messages once, sent as fast as they go (TLS %j)', async (tls) => {
    const { sink, port } = await start(tls ? { tls: certificate } : {});
    const url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
    const mqtt = await client(url, tls ? { ca: certificate.cert } : {});
    const payload = (value: number) => JSON.stringify({ readings: [{ code: 'n', unit: '1', value }] });
    const sent = Array.from({ length: 2000 }, (_, i) =>
      mqtt.publishAsync('vitalseal/monitor/json', payload(i), { qos: i % 5 === 0 ? 0 : 1 }),
    );
    await Promise.all(sent);
    await until(() => sink.deliveries.length >= 2000);
    const values = sink.deliveries.map((d) => (d.kind === 'readings' ? d.readings[0]?.value : null));
    expect(values.map((value) => value?.kind === 'decimal' && value.mantissa)).toEqual([...Array(2000).keys()]);
  });

  it('takes what a client publishes at once while it takes the place of its old connection', async () => {
    const { sink, port } = await start();
    for (let round = 1; round <= 20; round++) {
      const device = raw(port, protocolVersion);
      device.connect({ clientId: 'again' });
      for (let id = 1; id <= 10; id++) device.publish(id);
      await device.next('puback', 10);
      expect(device.of('puback').every((packet) => !('reasonCode' in packet && packet.reasonCode))).toBe(true);
      expect(sink.deliveries).toHaveLength(round * 10);
    }
  });

  it('stops cleanly: what is in flight settles and is acknowledged, nothing more is taken', async () => {
    const { sink, port, broker } = await start();
    sink.hold = true;
    const device = await raw(port, protocolVersion).login();
    device.publish(1);
    await until(() => sink.waiting === 1);
    const stopped = broker.stop();
    device.publish(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    sink.settleAll();
    await stopped;
    await until(() => device.closed);
    expect(device.of('puback').map(({ messageId }) => messageId)).toEqual([1]);
    expect(sink.deliveries).toHaveLength(1);
    const late = raw(port);
    await until(() => late.closed);
  });
});

describe('where it listens', () => {
  it('speaks plainly on loopback only, unless it is told otherwise', async () => {
    await expect(startBroker(new TestSink(), { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'transport_refused' });
  });

  it('says when the port is taken, or the certificate is none', async () => {
    const { port } = await start();
    await expect(startBroker(new TestSink(), { port })).rejects.toMatchObject({
      code: 'cannot_listen',
      message: expect.stringContaining(`127.0.0.1:${port}: something listens there`),
    });
    const tls = { cert: 'x', key: 'y' };
    await expect(startBroker(new TestSink(), { tls })).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('closes the connections of a user whose device was removed', async () => {
    const { port, broker } = await start();
    const device = await raw(port, 5).login();
    broker.disconnectUser('pump');
    broker.disconnectUser('monitor');
    await until(() => device.closed);
    expect(device.of('disconnect')).toMatchObject([{ reasonCode: 0x98 }]);
  });
});
