// One logged-in client as the intake sees it: who it is, what it has in flight, and how to answer it. The broker adapter
// fills in the answers; nothing here knows aedes or sockets.
import { AckQueue, type AckSlot } from './ack-queue.ts';
import { acknowledgement } from './packets.ts';
import type { Session } from './sessions.ts';

export interface ConnectionPort {
  /** Writes packets to the client; nothing happens once it is closed. */
  write(bytes: Uint8Array): void;
  /** Closes the connection, telling an MQTT 5 client why. */
  disconnect(reason: number): void;
  readonly closed: boolean;
}

export class Connection {
  readonly user: string;
  readonly device: string;
  /** The client id as the client chose it. */
  readonly client: string;
  readonly version: number;
  readonly session: Session;
  readonly #port: ConnectionPort;
  readonly #acks: AckQueue;
  /** Unacknowledged QoS 1 and 2 messages, and their payload bytes. */
  inFlight = 0;
  inFlightBytes = 0;
  #closing = false;

  constructor(
    who: { user: string; device: string; client: string; version: number; session: Session },
    port: ConnectionPort,
  ) {
    this.user = who.user;
    this.device = who.device;
    this.client = who.client;
    this.version = who.version;
    this.session = who.session;
    this.#port = port;
    this.#acks = new AckQueue((bytes) => {
      if (!this.#closing && !port.closed) port.write(bytes);
    });
  }

  /** True once it is closed or about to be: nothing more is taken from it, and nothing more is said to it. */
  get closing(): boolean {
    return this.#closing || this.#port.closed;
  }

  /** Keeps the place of an acknowledgement in the order; null for QoS 0. */
  reserve(qos: number): AckSlot | null {
    return qos === 0 ? null : this.#acks.reserve();
  }

  /** Acknowledges a message in its place; `reason` reaches MQTT 5 clients only. */
  acknowledge(slot: AckSlot | null, qos: number, messageId: number, reason = 0): void {
    if (slot === null) return;
    this.#acks.settle(slot, acknowledgement(qos === 2 ? 2 : 1, messageId, this.version === 5 ? reason : 0));
  }

  /** What has settled is still acknowledged, so that the client does not send it again. */
  disconnect(reason: number): void {
    if (this.closing) return;
    this.#acks.flush();
    this.#closing = true;
    this.#port.disconnect(reason);
  }
}
