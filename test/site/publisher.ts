// An MQTT client as careful firmware has it: keeps every unacknowledged PUBLISH, sends it again with DUP=1 and the same packet id
// after a reconnect, and counts a reading as acknowledged only when its PUBACK came. It is the witness of the crash tests.

import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { generate, type Packet, parser } from 'mqtt-packet';

export interface PublisherOptions {
  port: number;
  username: string;
  password: string;
  topic: string;
  /** Unacknowledged publishes at once. */
  window: number;
  /** New messages a second at most, counted from the start of `run`. */
  perSecond: number;
  /** Gives the payload of message n and the readings in it, or null when there is no more. */
  next: (n: number) => { payload: Uint8Array; readings: number } | null;
}

interface Unacknowledged {
  n: number;
  payload: Uint8Array;
  readings: number;
}

/** Publishes until `next` is exhausted and all is acknowledged, through any number of broken connections. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #waiting = new Map<number, Unacknowledged>();
  readonly acknowledged = new Set<number>();
  #socket: Socket | null = null;
  #sent = 0;
  #packetId = 0;
  #stopped = false;
  #connected = false;
  #started = 0;
  #exhausted = false;
  #acknowledgedReadings = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Messages handed to the network at least once. */
  get sent(): number {
    return this.#sent;
  }

  get acknowledgedReadings(): number {
    return this.#acknowledgedReadings;
  }

  /** Takes no new message; what is sent is still brought to its acknowledgement. */
  finish(): void {
    this.#exhausted = true;
  }

  /** Gives up at once, as a device does whose battery is pulled. */
  abandon(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  /** Resolves when every sent message is acknowledged (after `finish` or exhaustion), or after `abandon`. */
  async run(): Promise<void> {
    this.#started = performance.now();
    const beat = setInterval(() => this.#connected && this.#fill(), 10);
    try {
      await this.#sessions();
    } finally {
      clearInterval(beat);
    }
  }

  async #sessions(): Promise<void> {
    while (!this.#stopped && !(this.#exhausted && this.#waiting.size === 0)) {
      await this.#session();
      if (!this.#stopped) await pause(20);
    }
  }

  #session(): Promise<void> {
    return new Promise((resolve) => {
      const { port, username, password } = this.#options;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const incoming = parser();
      this.#socket = socket;
      socket.setTimeout(10_000, () => socket.destroy());
      socket.once('connect', () => {
        this.#write({
          ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: 60 },
          ...{ clientId: username, username, password: Buffer.from(password) },
        } as Packet);
      });
      incoming.on('packet', (packet: Packet) => this.#receive(packet));
      incoming.on('error', () => socket.destroy());
      socket.on('data', (bytes) => incoming.parse(bytes));
      socket.once('error', () => socket.destroy());
      socket.once('close', () => {
        this.#connected = false;
        resolve();
      });
    });
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'connack') {
      if (packet.returnCode !== 0) return void this.#socket?.destroy();
      this.#connected = true;
      for (const [id, message] of this.#waiting) this.#publish(id, message, true);
      this.#fill();
    } else if (packet.cmd === 'puback' && packet.messageId !== undefined) {
      const message = this.#waiting.get(packet.messageId);
      if (!message) return;
      this.#waiting.delete(packet.messageId);
      this.acknowledged.add(message.n);
      this.#acknowledgedReadings += message.readings;
      this.#fill();
      if (this.#exhausted && this.#waiting.size === 0) this.#socket?.end(generate({ cmd: 'disconnect' } as Packet));
    }
  }

  #fill(): void {
    const due = ((performance.now() - this.#started) / 1000) * this.#options.perSecond;
    while (!this.#exhausted && this.#waiting.size < this.#options.window && this.#sent < due) {
      const message = this.#options.next(this.#sent);
      if (!message) {
        this.#exhausted = true;
        break;
      }
      const kept = { n: this.#sent++, ...message };
      const id = this.#freePacketId();
      this.#waiting.set(id, kept);
      this.#publish(id, kept, false);
    }
  }

  #freePacketId(): number {
    do this.#packetId = (this.#packetId % 65_535) + 1;
    while (this.#waiting.has(this.#packetId));
    return this.#packetId;
  }

  #publish(id: number, message: Unacknowledged, dup: boolean): void {
    this.#write({
      ...{ cmd: 'publish', qos: 1, dup, retain: false, messageId: id },
      ...{ topic: this.#options.topic, payload: Buffer.from(message.payload) },
    } as Packet);
  }

  #write(packet: Packet): void {
    this.#socket?.write(generate(packet));
  }
}
