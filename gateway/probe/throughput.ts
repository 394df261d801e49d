// A manual probe: messages a second and processor time a message that the broker takes, with a sink that keeps nothing,
// beside bare aedes. Run: node gateway/probe/throughput.ts [messages] [connections] [window]
import { fork } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { generate } from 'mqtt-packet';
import { mqttBroker, systemClock, topicOf } from '../main.ts';

const [messages = 100_000, connections = 4, window = 256] = process.argv.slice(2, 5).map(Number);
const DEVICE = 'monitor';
const one = { code: 'MDC_ECG_HEART_RATE', value: 72.5, unit: '/min' };

if (process.argv[5] === 'client') await client(Number(process.argv[6]), Number(process.argv[7]));
else {
  for (const readings of [1, 10]) {
    await measure(`vitalseal, ${readings} a message`, readings, startVitalseal);
    await measure(`aedes, ${readings} a message`, readings, startAedes);
  }
}

type Started = { port: number; stop: () => Promise<void> };

async function measure(name: string, readings: number, start: () => Promise<Started>): Promise<void> {
  const { port, stop } = await start();
  const before = process.cpuUsage();
  const started = performance.now();
  const child = fork(import.meta.filename, [messages, connections, window, 'client', port, readings].map(String));
  await new Promise((resolve) => child.on('exit', resolve));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = ((user + system) / messages).toFixed(1);
  const rate = Math.round(messages / seconds);
  process.stdout.write(`${name}: ${rate} messages/s, ${cpu} µs of processor time a message\n`);
  await stop();
}

async function startVitalseal(): Promise<Started> {
  const devices = { lookup: () => ({ device: DEVICE, verifyPassword: () => true }) };
  const limits = { messagesPerSecond: 1e9, bytesPerSecond: 1e12 };
  const options = { host: '127.0.0.1', port: 0, clock: systemClock(), hashKey: new Uint8Array(32), devices, limits };
  const broker = await mqttBroker(options);
  await broker.start({ deliver: (_delivery, settled) => void setImmediate(settled, null) });
  return { port: broker.port ?? 0, stop: () => broker.stop() };
}

async function startAedes(): Promise<Started> {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, stop: () => new Promise((resolve) => aedes.close(() => server.close(() => resolve()))) };
}

/** Publishes with QoS 1 over several connections, each with `window` messages in flight. */
async function client(port: number, readings: number): Promise<void> {
  const payload = JSON.stringify({ time: '2026-11-20T10:00:00.250Z', readings: new Array(readings).fill(one) });
  const topic = topicOf(DEVICE, 'json');
  const share = Math.ceil(messages / connections);
  const run = (index: number) =>
    new Promise<void>((resolve) => {
      const socket: Socket = connect(port, '127.0.0.1');
      const connectPacket = { cmd: 'connect', clientId: `probe${index}`, username: DEVICE, password: Buffer.from('x') };
      socket.write(generate(connectPacket as Parameters<typeof generate>[0]));
      let sent = 0;
      let acknowledged = -1;
      let rest = 0;
      const send = (count: number) => {
        const packets: Buffer[] = [];
        for (let i = 0; i < count && sent < share; i++, sent++) {
          packets.push(
            generate({
              cmd: 'publish',
              topic,
              payload,
              qos: 1,
              dup: false,
              retain: false,
              messageId: (sent % 65535) + 1,
            }),
          );
        }
        if (packets.length > 0) socket.write(Buffer.concat(packets));
      };
      // Every answer, CONNACK and PUBACK alike, has 4 bytes.
      socket.on('data', (data) => {
        rest += data.length;
        const answers = Math.floor(rest / 4);
        rest %= 4;
        if (acknowledged < 0) send(window);
        else send(answers);
        acknowledged += answers;
        if (acknowledged >= share) socket.end(resolve);
      });
    });
  await Promise.all(Array.from({ length: connections }, (_, i) => run(i)));
}
