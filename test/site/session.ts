// One MQTT connection whose every packet a test decides and sees, in 3.1.1 or 5: what no client library would send.

import { connect, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { until } from './until.ts';

export type Version = 4 | 5;

export interface Login {
  username: string;
  password: string;
}

export class Session {
  readonly version: Version;
  readonly packets: Packet[] = [];
  closed = false;
  readonly #socket: Socket;
  #packetId = 0;

  constructor(port: number, version: Version) {
    this.version = version;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const incoming = parser({ protocolVersion: version });
    incoming.on('packet', (packet: Packet) => this.packets.push(packet));
    this.#socket.on('data', (bytes) => incoming.parse(bytes));
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => {
      this.closed = true;
    });
  }

  /** Sends CONNECT and returns the CONNACK's code: 0 accepted, else the return code (3.1.1) or reason code (5). */
  async login({ username, password }: Login, clientId = `session-${this.version}`): Promise<number> {
    this.#send({
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: this.version, clean: true, keepalive: 60 },
      ...{ clientId, username, password: Buffer.from(password) },
    });
    const answer = (await this.next('connack')) as { returnCode?: number; reasonCode?: number };
    return answer.reasonCode ?? answer.returnCode ?? -1;
  }

  /** Sends a PUBLISH with QoS 1 and returns its packet id. */
  publish(topic: string, payload: Uint8Array | string): number {
    const messageId = ++this.#packetId;
    this.#send({
      ...{ cmd: 'publish', qos: 1, dup: false, retain: false, messageId, topic },
      payload: Buffer.from(payload as Uint8Array),
    });
    return messageId;
  }

  /** Sends SUBSCRIBE and returns the codes of the SUBACK. */
  async subscribe(topic: string): Promise<number[]> {
    this.#send({ cmd: 'subscribe', messageId: ++this.#packetId, subscriptions: [{ topic, qos: 1 }] });
    return ((await this.next('suback')) as { granted: number[] }).granted;
  }

  /** The reason code of the PUBACK for this packet id; 0 in 3.1.1, which has none. */
  async acknowledged(messageId: number): Promise<number> {
    const found = await until(`PUBACK ${messageId}`, () =>
      this.packets.find((packet) => packet.cmd === 'puback' && packet.messageId === messageId),
    );
    return (found as { reasonCode?: number }).reasonCode ?? 0;
  }

  /** The first packet of this kind, come or still to come. */
  next(cmd: Packet['cmd']): Promise<Packet> {
    return until(cmd, () => this.packets.find((packet) => packet.cmd === cmd), 10);
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resolves when the other side has closed the connection. */
  async wasClosed(): Promise<void> {
    await until('the connection to be closed', () => this.closed, 10);
  }

  /** The reason code of the DISCONNECT that the broker sent; null when it sent none. */
  get farewell(): number | null {
    const packet = this.packets.find(({ cmd }) => cmd === 'disconnect') as { reasonCode?: number } | undefined;
    return packet?.reasonCode ?? null;
  }

  end(): void {
    this.#socket.destroy();
  }

  #send(packet: Record<string, unknown>): void {
    this.#socket.write(generate(packet as unknown as Packet, { protocolVersion: this.version }));
  }
}
