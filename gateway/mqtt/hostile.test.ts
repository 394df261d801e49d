import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { Broker, BrokerLimits } from '../main.ts';
import { PASSWORDS, PAYLOAD, RawClient, startBroker, TestSink, until } from './broker.testing.ts';
import { selfSigned } from './tls.testing.ts';

const running: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function start(limits: Partial<BrokerLimits> = {}, tls = false) {
  const sink = new TestSink();
  const broker: Broker = await startBroker(sink, { limits, ...(tls ? { tls: selfSigned() } : {}) });
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

/** Another device goes on as if nothing were: the check after every attack. */
async function undisturbed(port: number, attack: () => Promise<void>): Promise<void> {
  const device = await raw(port).login({
    username: 'pump',
    clientId: 'p',
    password: Buffer.from(PASSWORDS.pump ?? ''),
  });
  await attack();
  device.publish(77, { topic: 'vitalseal/pump/json' });
  expect(await device.next('puback')).toMatchObject({ messageId: 77 });
}

describe('hostile clients', () => {
  it.each([4, 5] as const)('are closed over a malformed packet (version %d)', async (version) => {
    const { port, broker } = await start();
    const packets = [
      Buffer.of(0x00, 0x00),
      Buffer.of(0x36, 0x02, 0x00, 0x00),
      Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01),
      Buffer.of(0x32, 0x02, 0x00, 0xff),
      Buffer.of(0x82, 0x02, 0x00, 0x00),
      Buffer.of(0x60, 0x02, 0x00, 0x01),
      Buffer.of(0xf0, 0x00),
      Buffer.of(0x30, 0x03, 0x00, 0x01, 0x23),
    ];
    await undisturbed(port, async () => {
      for (const packet of packets) {
        const device = await raw(port, version).login();
        device.write(packet);
        await until(() => device.closed);
      }
    });
    expect(broker.counters().refused_packet_malformed).toBeGreaterThanOrEqual(packets.length - 1);
  });

  it('are closed over anything before CONNECT, a second CONNECT, or a CONNECT that is none', async () => {
    const { port } = await start();
    const publish = raw(port);
    publish.publish(1);
    const twice = await raw(port).login();
    twice.connect();
    const old = raw(port);
    old.write(Buffer.from('100c00064d51497364700302003c0000', 'hex'));
    const http = raw(port);
    http.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await until(() => publish.closed && twice.closed && old.closed && http.closed);
    const three = raw(port);
    three.connect({ protocolId: 'MQIsdp', protocolVersion: 3 });
    await until(() => three.closed);
    expect(three.of('connack')[0]).toMatchObject({ returnCode: 1 });
  });

  it.each([
    ['with a long client id', { clientId: 'x'.repeat(129) }, 2],
    ['with a control character in it', { clientId: 'pump\u0001p' }, 2],
    ['without a user', { username: undefined, password: undefined }, 4],
  ])('are refused a CONNECT %s', async (_why, login, returnCode) => {
    const { port } = await start();
    const device = raw(port);
    device.connect(login);
    await until(() => device.closed);
    expect(device.of('connack')[0]).toMatchObject({ returnCode });
  });

  it.each([4, 5] as const)(
    'are closed at the head of an oversized packet, before its body (version %d)',
    async (version) => {
      const { port, broker, sink } = await start();
      await undisturbed(port, async () => {
        const device = await raw(port, version).login();
        // The head announces 200 MB; only the topic follows.
        device.write(
          Buffer.concat([Buffer.of(0x32, 0x80, 0x84, 0xaf, 0x5f), Buffer.from('\0\u0016vitalseal/monitor/json')]),
        );
        await until(() => device.closed);
        if (version === 5) expect(device.of('disconnect')).toMatchObject([{ reasonCode: 0x95 }]);
      });
      expect(broker.counters().refused_packet_too_large).toBe(1);
      expect(sink.deliveries).toHaveLength(1);
    },
  );

  it('have a payload quarantined that is too large for decoding but no protocol error', async () => {
    const { port, sink } = await start({ payloadBytes: 300 * 1024 });
    const device = await raw(port).login();
    device.publish(1, { payload: `${PAYLOAD}${' '.repeat(257 * 1024)}` });
    await device.next('puback');
    expect(sink.deliveries[0]).toMatchObject({ kind: 'quarantine', reason: 'payload_too_large' });
    expect(sink.deliveries[0]?.kind === 'quarantine' && sink.deliveries[0].bytes.length).toBe(4096);
  });

  it('are told to slow down and closed over a flood', async () => {
    const { port, broker, sink } = await start({ messagesPerSecond: 10 });
    await undisturbed(port, async () => {
      const device = await raw(port, 5).login();
      for (let id = 1; id <= 500; id++) device.publish(id);
      await until(() => device.closed);
      expect(device.of('disconnect')).toMatchObject([{ reasonCode: 0x96 }]);
      const pings = await raw(port).login();
      for (let i = 0; i < 500 && !pings.closed; i++) pings.send({ cmd: 'pingreq' });
      await until(() => pings.closed);
    });
    expect(sink.deliveries.length).toBeLessThan(25);
    expect(broker.counters().refused_rate_exceeded).toBeGreaterThanOrEqual(2);
  });

  it('are closed far beyond the Receive Maximum, and before it simply read no further', async () => {
    const { port, sink } = await start({ inFlight: 10 });
    sink.hold = true;
    const five = raw(port, 5);
    expect((await five.login()).of('connack')[0]).toMatchObject({ properties: { receiveMaximum: 10 } });
    for (let id = 1; id <= 100; id++) five.publish(id);
    await until(() => five.closed);
    expect(five.of('disconnect')).toMatchObject([{ reasonCode: 0x93 }]);
    const four = await raw(port).login();
    const before = sink.deliveries.length;
    for (let id = 1; id <= 30; id++) {
      four.publish(id);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(sink.deliveries.length - before).toBeLessThan(30);
    sink.hold = false;
    sink.settleAll();
    await four.next('puback', 30);
  });

  it('are counted against the connections of their user, and of their address', async () => {
    const { port, broker } = await start({ connectionsPerUser: 2, strangersPerAddress: 3 });
    for (const clientId of ['a', 'b']) await raw(port).login({ clientId });
    const third = await raw(port, 5).login({ clientId: 'c' });
    expect(third.of('connack')[0]).toMatchObject({ reasonCode: 0x88 });
    await until(() => third.closed);
    const silent = Array.from({ length: 4 }, () => raw(port));
    await until(() => silent.some(({ closed }) => closed));
    expect(silent.filter(({ closed }) => closed)).toHaveLength(1);
    expect(broker.counters().refused_connections_exceeded).toBe(2);
  });

  it('do not stay without logging in, drip a CONNECT, or talk before it', async () => {
    const { port } = await start({ connectMs: 100 });
    const silent = raw(port);
    const dripping = raw(port);
    dripping.write(Buffer.of(0x10, 0xff, 0x7f));
    const talking = raw(port);
    talking.write(Buffer.concat([Buffer.of(0x10, 0xff, 0xff, 0x03), randomBytes(60_000)]));
    await until(() => silent.closed && dripping.closed && talking.closed);
  });

  it('are bounded by a keep-alive that they did not ask for', async () => {
    const { port, broker } = await start({ keepaliveSeconds: 0.1 });
    const device = await raw(port).login({ keepalive: 0 });
    await until(() => device.closed);
    expect(broker.counters().keepalive_timeouts).toBe(1);
  });

  it('wait longer for each wrong password, while a right one is answered at once', async () => {
    const { port, broker } = await start({ freeFailures: 3, failureDelayMs: 300 });
    const guesses = Array.from({ length: 6 }, () => {
      const guess = raw(port);
      guess.connect({ password: randomBytes(8) });
      return guess;
    });
    await until(() => guesses.filter(({ closed }) => closed).length === 3);
    const started = Date.now();
    expect((await raw(port).login()).of('connack')[0]).toMatchObject({ returnCode: 0 });
    expect(Date.now() - started).toBeLessThan(250);
    await until(() => guesses.every(({ closed }) => closed));
    expect(broker.counters()).toMatchObject({ refused_client_refused: 6, logins_throttled: 3 });
  });

  it('cannot break it with random bytes, logged in or not', async () => {
    const { port, broker } = await start({ strangersPerAddress: 1000, strangers: 1000, connectionsPerUser: 1000 });
    await undisturbed(port, async () => {
      for (let i = 0; i < 300; i++) {
        const client = raw(port, i % 2 ? 4 : 5);
        if (i % 3 > 0) await client.login({ clientId: `c${i}` });
        // Every packet type in turn, with a length that fits, too short and too long.
        const body = randomBytes(i % 40);
        client.write(
          Buffer.concat([Buffer.of(((i % 16) << 4) | (i % 5 === 0 ? 2 : 0), (body.length + (i % 3) - 1) & 127), body]),
        );
        client.socket.end();
        await until(() => client.closed);
      }
    });
    expect(broker.counters().broker_errors ?? 0).toBe(0);
  }, 20_000);

  it('cannot end the process by saying an MQTT 5 property twice', async () => {
    const { port, broker } = await start();
    // A Session Expiry Interval of 1 and of 2.
    const twice = Buffer.from('0a11000000011100000002', 'hex');
    await undisturbed(port, async () => {
      const leaving = await raw(port, 5).login({ clientId: 'a' });
      leaving.write(Buffer.concat([Buffer.from('e00c00', 'hex'), twice]));
      const field = (text: string) => Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)]);
      const login = [field('b'), field('monitor'), field(PASSWORDS.monitor ?? '')];
      const body = Buffer.concat([Buffer.from('00044d51545405c0003c', 'hex'), twice, ...login]);
      const coming = raw(port, 5);
      coming.write(Buffer.concat([Buffer.of(0x10, body.length), body]));
      await until(() => leaving.closed && coming.closed);
    });
    expect(broker.counters().refused_packet_malformed).toBe(2);
  });

  it('cannot break it with packets of which some bytes were changed', async () => {
    const { port, broker } = await start({ strangersPerAddress: 1000, strangers: 1000, connectionsPerUser: 1000 });
    const changed = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < 2; i++) copy[randomBytes(4).readUInt32BE() % copy.length] = randomBytes(1)[0] ?? 0;
      return copy;
    };
    await undisturbed(port, async () => {
      for (let i = 0; i < 200; i++) {
        const version = i % 2 ? 4 : 5;
        const of = (packet: object) => generate(packet as Parameters<typeof generate>[0], { protocolVersion: version });
        const topic = 'vitalseal/monitor/json';
        const properties = { properties: { messageExpiryInterval: 5, contentType: 'x', userProperties: { a: 'b' } } };
        const client = await raw(port, version).login({ clientId: `f${i % 7}`, clean: i % 3 > 0 });
        client.write(changed(of({ cmd: 'publish', topic, payload: PAYLOAD, qos: i % 3, messageId: 1, ...properties })));
        client.write(changed(of({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'a/+/#', qos: 1 }] })));
        client.write(changed(of({ cmd: 'pubrel', messageId: 1 })));
        client.write(changed(of({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 9 } })));
        client.socket.end();
        await until(() => client.closed);
      }
    });
    expect(broker.counters().broker_errors ?? 0).toBe(0);
  }, 20_000);

  it('cannot harm TLS: no handshake, a broken one, a plain client', async () => {
    const { port, broker } = await start({ connectMs: 200 }, true);
    const silent = connect(port, '127.0.0.1');
    const plain = raw(port);
    plain.connect();
    silent.on('error', () => {}).resume();
    await Promise.all([once(silent, 'close'), until(() => plain.closed)]);
    expect(broker.counters().tls_failed).toBeGreaterThanOrEqual(1);
    await until(() => broker.counters().connections_open === 0);
  });
});
