import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import mqttPacket, { type IConnectPacket, type IPublishPacket } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulation } from '../main.ts';
import { connectMqtt } from './mqtt.socket.ts';

const close: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

/** A broker made of bytes: it says what the test says, and keeps every PUBLISH as it came. */
async function scriptedBroker(
  answer: (packet: IPublishPacket, socket: Socket, connection: number) => void,
  returnCode = 0,
) {
  const published: IPublishPacket[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    let version: 3 | 4 | 5 = 4;
    const parser = mqttPacket.parser();
    socket.on('error', () => {});
    socket.on('data', (bytes) => parser.parse(bytes));
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        version = (packet as IConnectPacket).protocolVersion ?? 4;
        const connack = { cmd: 'connack', sessionPresent: false, returnCode, reasonCode: returnCode } as const;
        socket.write(mqttPacket.generate(connack, { protocolVersion: version }));
      } else if (packet.cmd === 'publish') {
        published.push(packet);
        answer(packet, socket, connection);
      }
    });
  });
  return { published, port: await listen(server) };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const puback = (packet: IPublishPacket, socket: Socket, version: 4 | 5, reasonCode = 0) =>
  socket.write(
    mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode }, { protocolVersion: version }),
  );

describe.each([4, 5] as const)('the MQTT link, version %d', (version) => {
  const target = (port: number) => ({ host: '127.0.0.1', port, username: 'pump-1', password: 'secret', version });
  const never = new AbortController().signal;

  it('sends what was not acknowledged again, with the same packet id and DUP', async () => {
    const { port, published } = await scriptedBroker((packet, socket, connection) => {
      if (connection === 1) {
        if (published.length === 3) socket.destroy();
      } else puback(packet, socket, version);
    });
    const link = connectMqtt(target(port));
    close.push(() => link.close());
    let acknowledged = 0;
    const settled = (accepted: boolean) => {
      acknowledged += Number(accepted);
    };
    for (let n = 0; n < 3; n++) await link.publish('vitalseal/pump-1/json', Uint8Array.of(n), settled, never);
    await link.drain(5000);
    expect(acknowledged).toBe(3);
    expect(link.reconnects()).toBe(1);
    const [first, again] = [published.slice(0, 3), published.slice(3)];
    expect(first.map(({ dup }) => dup)).toEqual([false, false, false]);
    expect(again.map(({ dup }) => dup)).toEqual([true, true, true]);
    expect(again.map(({ messageId, payload }) => [messageId, String(payload)])).toEqual(
      first.map(({ messageId, payload }) => [messageId, String(payload)]),
    );
  });

  it('keeps no more unacknowledged than its window, and lets go on abort', async () => {
    const { port, published } = await scriptedBroker(() => {});
    const link = connectMqtt({ ...target(port), window: 2 });
    close.push(() => link.close());
    const stop = new AbortController();
    const send = () => link.publish('t', Uint8Array.of(1), () => {}, stop.signal);
    expect(await send()).toBe(true);
    expect(await send()).toBe(true);
    const third = send();
    stop.abort();
    expect(await third).toBe(false);
    await expect.poll(() => published.length).toBe(2);
  });

  it('ends after its seconds when the broker closes at each message, and says so', async () => {
    const { port } = await scriptedBroker((_packet, socket) => socket.destroy());
    const told: unknown[] = [];
    const mqtt = { ...target(port), onTrouble: (trouble: unknown) => told.push(trouble) };
    const simulation = startSimulation({ kinds: ['pump'], mqtt, seconds: 1.2, patienceMs: 100 });
    expect(await simulation.done).toMatchObject({ acknowledged: 0, acknowledgedReadings: 0 });
    expect(simulation.trouble()).toEqual({ kind: 'closed', reason: null });
    expect(told).toEqual([{ kind: 'closed', reason: null }]);
  });

  it('ends after its seconds when nobody listens, and says so', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const simulation = startSimulation({ kinds: ['pump'], mqtt: target(port), seconds: 0.3, patienceMs: 100 });
    expect(await simulation.done).toMatchObject({ messages: 1, sent: 0 });
    expect(simulation.trouble()).toEqual({ kind: 'unreachable', reason: 'ECONNREFUSED' });
  });

  it('ends with LinkRefused when the broker does not know it', async () => {
    const { port } = await scriptedBroker(() => {}, version === 5 ? 0x86 : 4);
    const simulation = startSimulation({ kinds: ['pump'], mqtt: target(port) });
    await expect(simulation.done).rejects.toMatchObject({ name: 'LinkRefused' });
  });
});

it('says why every message was refused, where the broker can say it', async () => {
  const { port } = await scriptedBroker((packet, socket) => puback(packet, socket, 5, 0x87));
  const mqtt = { host: '127.0.0.1', port, username: 'pump-1', password: 'x', version: 5 as const };
  const simulation = startSimulation({ kinds: ['pump'], mqtt, seconds: 0.3, patienceMs: 100 });
  expect(await simulation.done).toMatchObject({ sent: 1, refused: 1, acknowledged: 0 });
  expect(simulation.trouble()).toEqual({ kind: 'refused', reason: 'Not authorized' });
});

describe('a simulation against a real broker', () => {
  it('delivers what it says, in all formats', async () => {
    const broker = await Aedes.createBroker();
    const port = await listen(createServer(broker.handle));
    close.push(() => new Promise<void>((resolve) => broker.close(() => resolve())));
    const topics: string[] = [];
    broker.on('publish', ({ topic }, client) => {
      if (client) topics.push(topic);
    });
    for (const format of ['json', 'senml', 'senml-cbor'] as const) {
      const mqtt = { host: '127.0.0.1', port, username: `monitor-${format}`, password: 'x' };
      const before = topics.length;
      const simulation = startSimulation({ kinds: ['monitor', 'glucose'], mqtt, format, rate: 200, seconds: 0.2 });
      const counts = await simulation.done;
      expect(counts.acknowledged).toBe(counts.sent);
      expect(counts.acknowledgedReadings).toBe(counts.readings);
      expect(counts.sent).toBeGreaterThan(3);
      expect(topics.length - before).toBe(counts.sent);
      expect(topics.at(-1)).toBe(`vitalseal/monitor-${format}/${format}`);
    }
  });
});
