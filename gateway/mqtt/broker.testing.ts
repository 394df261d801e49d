// What the broker's tests share: a broker with two devices, a sink whose settling the test decides, and a raw client
// that can say what no library would.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { utf8, type VitalsealError } from '@vitalseal/ledger';
import { type generate as Generate, generate, type Packet, parser } from 'mqtt-packet';
import type { Delivery, ReadingSink, Settled } from '../contract.ts';
import {
  type Broker,
  type BrokerOptions,
  hashPassword,
  mqttBroker,
  newPassword,
  passwordVerifier,
  systemClock,
} from '../main.ts';

export const PASSWORDS: Record<string, string> = { monitor: newPassword(), pump: newPassword() };
export const PAYLOAD = '{"readings":[{"code":"MDC_ECG_HEART_RATE","value":72.50,"unit":"/min"}]}';

/** A sink that keeps what it is given; `hold` leaves deliveries unsettled until `settle`. */
export class TestSink implements ReadingSink {
  readonly deliveries: Delivery[] = [];
  hold = false;
  error: VitalsealError | null = null;
  readonly #waiting: Settled[] = [];

  deliver(delivery: Delivery, settled: Settled): void {
    this.deliveries.push(delivery);
    if (this.hold) this.#waiting.push(settled);
    else setImmediate(() => settled(this.error));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Settles the held delivery at `index`, the oldest when not said. */
  settle(error: VitalsealError | null = null, index = 0): void {
    this.#waiting.splice(index, 1)[0]?.(error);
  }

  settleAll(error: VitalsealError | null = null): void {
    for (const settled of this.#waiting.splice(0)) settled(error);
  }
}

export async function startBroker(sink: ReadingSink, options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const verifiers = new Map(
    Object.entries(PASSWORDS).map(([device, password]) => [device, passwordVerifier(hashPassword(password))]),
  );
  const devices = {
    lookup: (user: string) => {
      const verifyPassword = verifiers.get(user);
      return verifyPassword ? { device: user, verifyPassword } : null;
    },
  };
  const broker = await mqttBroker({
    host: '127.0.0.1',
    port: 0,
    devices,
    clock: systemClock(),
    hashKey: new Uint8Array(32).fill(7),
    ...options,
  });
  await broker.start(sink);
  return broker;
}

/** Resolves when `condition` holds; the test's own timeout ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A connection that writes any bytes and collects the packets that come back. */
export class RawClient {
  readonly socket: Socket;
  readonly packets: Packet[] = [];
  closed = false;
  readonly #version: 4 | 5;

  constructor(port: number, version: 4 | 5 = 4) {
    this.#version = version;
    this.socket = connect(port, '127.0.0.1');
    const read = parser({ protocolVersion: version });
    read.on('packet', (packet: Packet) => this.packets.push(packet));
    this.socket.on('data', (data) => read.parse(data));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  send(packet: Parameters<typeof Generate>[0]): void {
    this.write(generate(packet, { protocolVersion: this.#version }));
  }

  connect(more: Record<string, unknown> = {}): void {
    const user = 'monitor';
    const base = { cmd: 'connect', clientId: 'raw', clean: true, keepalive: 60, username: user };
    const password = Buffer.from(utf8(PASSWORDS[user] ?? ''));
    const protocol = { protocolId: 'MQTT', protocolVersion: this.#version };
    this.send({ ...base, password, ...protocol, ...more } as Parameters<typeof Generate>[0]);
  }

  /** Connects and waits for the CONNACK. */
  async login(more: Record<string, unknown> = {}): Promise<this> {
    this.connect(more);
    await this.next('connack');
    return this;
  }

  publish(messageId: number, more: Record<string, unknown> = {}): void {
    const packet = { cmd: 'publish', topic: 'vitalseal/monitor/json', payload: PAYLOAD, qos: 1, messageId };
    this.send({ dup: false, retain: false, ...packet, ...more } as Parameters<typeof Generate>[0]);
  }

  of(cmd: Packet['cmd']): Packet[] {
    return this.packets.filter((packet) => packet.cmd === cmd);
  }

  async next(cmd: Packet['cmd'], count = 1): Promise<Packet> {
    await until(() => this.of(cmd).length >= count || this.closed);
    const packet = this.of(cmd)[count - 1];
    if (packet === undefined) throw new Error(`closed before ${cmd}`);
    return packet;
  }

  async end(): Promise<void> {
    if (!this.closed) await once(this.socket.destroy(), 'close');
  }
}
