// The embedded MQTT broker (3.1.1 and 5): aedes speaks the protocol, and everything that is a decision is asked of the
// files beside this one. Publishes never reach aedes' routing: the intake takes them over, because PUBACK must wait for
// the commit and aedes knows only one reason code. The one place that knows aedes.
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, utf8, VitalsealError } from '@vitalseal/ledger';
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import type { ClockReader, DeviceDirectory, ReadingSink, Source } from '../contract.ts';
import { Connection, type ConnectionPort } from './connection.ts';
import { Counters } from './counters.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { Intake } from './intake.ts';
import { type BrokerLimits, DEFAULT_LIMITS, packetBytes } from './limits.ts';
import { type Listen, Listener } from './listener.socket.ts';
import { isSound, type Parsed } from './packet-check.ts';
import { REASON, refusingConnack } from './packets.ts';
import { SESSION_MARK, sessionPersistence, silentEmitter } from './persistence.ts';
import { Sessions } from './sessions.ts';

export interface BrokerOptions extends Listen {
  readonly devices: DeviceDirectory;
  readonly clock: ClockReader;
  /** 32 secret bytes that live outside the database: what payload hashes are keyed with. */
  readonly hashKey: Uint8Array;
  readonly limits?: Partial<BrokerLimits> | undefined;
  /** Without TLS only loopback is listened on, unless this says otherwise. */
  readonly plainBeyondLoopback?: boolean | undefined;
}

/** A slow reader of acknowledgements is closed when this much waits for it (bytes). */
const UNREAD_BYTES = 256 * 1024;
const FAREWELL_MS = 500;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** A source of readings over MQTT. */
export class Broker implements Source {
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #counters = new Counters();
  readonly #sessions: Sessions;
  readonly #doorkeeper: Doorkeeper;
  /** Logged-in clients until their socket closes, whatever aedes thinks of them. */
  readonly #connections = new Map<Client, Connection>();
  /** Who logged in. */
  readonly #devices = new WeakMap<Client, { user: string; device: string }>();
  #running: { aedes: Aedes; listener: Listener; intake: Intake; port: number } | null = null;

  /** Throws `transport_refused` for plain MQTT beyond loopback. */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#sessions = new Sessions(this.#limits.sessions + this.#limits.connections);
    this.#doorkeeper = new Doorkeeper(options.devices, this.#limits, this.#counters);
    if (options.tls === undefined && options.plainBeyondLoopback !== true && !LOOPBACK.test(options.host)) {
      throw new VitalsealError(
        'transport_refused',
        'plain MQTT is allowed on loopback only; set mqtt.certificate and mqtt.private_key, or mqtt.allow_plain',
      );
    }
  }

  /** The port that is listened on; null when nothing is. */
  get port(): number | null {
    return this.#running?.port ?? null;
  }

  /** Resolves when it listens. Throws `cannot_listen`, or `config_invalid` for a TLS file that is none. */
  async start(sink: ReadingSink): Promise<void> {
    const { clock, hashKey } = this.#options;
    const intake = new Intake({ sink, clock, hashKey, limits: this.#limits, counters: this.#counters });
    const aedes = this.#aedes(intake);
    const listener = new Listener(this.#options, this.#limits, this.#counters, (socket) => {
      const client = aedes.handle(socket);
      // Before aedes' own listener, which is the one thing here that its interface does not offer.
      (client as unknown as { _parser: NodeJS.EventEmitter })._parser.prependListener('packet', (packet: Parsed) => {
        // Not within this event: aedes still handles the packet, now harmless, and cannot be closed under its hands.
        if (!isSound(packet)) queueMicrotask(() => client.emit('error', new Error('a property twice')));
      });
    });
    await aedes.listen();
    try {
      this.#running = { aedes, listener, intake, port: await listener.start() };
    } catch (error) {
      aedes.close();
      throw error;
    }
  }

  /** Takes no more, lets what is in flight settle for a bounded time, then closes every connection. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    running.listener.close();
    await running.intake.stop(this.#limits.stopMs);
    // What settled in this turn is acknowledged at its end, before the connections are closed.
    await new Promise(setImmediate);
    // A client that reads nothing would keep its farewell, and us, waiting.
    const farewell = new Promise<void>((resolve) => running.aedes.close(resolve));
    await Promise.race([farewell, delay(FAREWELL_MS, undefined, { ref: false })]);
    running.listener.destroyAll();
  }

  counters(): Record<string, number> {
    return {
      connections_open: this.#running?.listener.connections ?? 0,
      clients: this.#connections.size,
      ...this.#counters.all(),
    };
  }

  /** Closes the connections of a user whose device was removed, or whose password changed. */
  disconnectUser(user: string): void {
    for (const connection of this.#connections.values()) {
      if (connection.user === user) connection.disconnect(REASON.administrativeAction);
    }
  }

  #aedes(intake: Intake): Aedes {
    const limits = this.#limits;
    const aedes = new Aedes({
      mq: silentEmitter(),
      persistence: sessionPersistence(this.#sessions, (client: Client) => this.#connections.get(client)?.session),
      connectTimeout: limits.connectMs,
      drainTimeout: 30_000,
      keepaliveLimit: limits.keepaliveSeconds,
      maxTopicLevels: 100,
      maximumPacketSize: packetBytes(limits),
      receiveMaximum: limits.inFlight,
      sessionExpiryIntervalLimit: limits.sessionSeconds,
      pendingSessionsLimit: limits.sessions,
      preConnect: (client, packet, callback) => this.#preConnect(client, packet, callback),
      authenticate: (client, username, password, done) => this.#authenticate(client, username ?? '', password, done),
      authorizePublish: (client, packet, callback) => this.#publish(intake, client, packet, callback),
      authorizeSubscribe: (client, subscription, callback) => {
        const connection = this.#connections.get(client);
        if (subscription.topic !== SESSION_MARK) this.#counters.add('subscriptions_refused');
        if (connection === undefined || intake.takeRate(connection)) callback(null, null);
      },
    });
    aedes.on('client', (client) => void this.#connectionOf(client));
    aedes.on('ping', (_packet, client) => {
      const connection = this.#connections.get(client);
      if (connection !== undefined) intake.takeRate(connection);
    });
    aedes.on('keepaliveTimeout', () => this.#counters.add('keepalive_timeouts'));
    aedes.on('clientError', (_client, error) => this.#fault(error));
    aedes.on('connectionError', (_client, error) => this.#fault(error));
    // Nothing of ours can fail inside aedes' stores; should it ever, one counter is better than a dead gateway.
    (aedes as NodeJS.EventEmitter).on('error', () => this.#counters.add('broker_errors'));
    return aedes;
  }

  #preConnect(client: Client, packet: ConnectPacket, callback: (error: Error | null, success: boolean) => void): void {
    const refusal =
      this.#running === null ? { returnCode: 3, reason: REASON.serverUnavailable } : this.#doorkeeper.admit(packet);
    if (refusal === null) return void callback(null, true);
    this.#counters.outcome('refused', 'client_refused');
    // The connection is destroyed by the callback, so the answer has to be out before.
    const answer = refusingConnack(packet.protocolVersion ?? 0, refusal.returnCode, refusal.reason);
    client.conn.end(answer, () => callback(new Refused(), false));
  }

  #authenticate(
    client: Client,
    user: string,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const socket = client.conn as Socket;
    const refuse = (returnCode: number) => done(Object.assign(new Refused(), { returnCode }), null);
    const now = this.#options.clock.now().monotonicMs;
    const login = this.#doorkeeper.login(user, password, socket.remoteAddress ?? '', now);
    if (typeof login === 'number') {
      if (login === 0) return void refuse(4);
      setTimeout(refuse, login, 4).unref();
      return;
    }
    let others = 0;
    for (const [other, connection] of this.#connections) {
      if (connection.user === user && other.id !== client.id) others++;
    }
    if (others >= this.#limits.connectionsPerUser) {
      this.#counters.outcome('refused', 'connections_exceeded');
      return void refuse(3);
    }
    this.#devices.set(client, { user, device: login.device });
    this.#running?.listener.known(socket);
    done(null, true);
  }

  /**
   * The connection of a client that has logged in; null for one that is gone. Made when it is first needed: a client may
   * publish before aedes has finished putting out the one whose place it takes.
   */
  #connectionOf(client: Client | null): Connection | null {
    const known = client === null ? undefined : this.#connections.get(client);
    if (known !== undefined) return known;
    const login = client === null ? undefined : this.#devices.get(client);
    if (client === null || login === undefined || client.conn.destroyed) return null;
    const session = this.#sessions.open(client.id, !client.clean);
    const who = { ...login, client: this.#doorkeeper.clientOf(client.id), version: client.version, session };
    const connection = new Connection(who, this.#port(client));
    this.#connections.set(client, connection);
    client.conn.once('close', () => {
      this.#connections.delete(client);
      if (client.clean) this.#sessions.drop(client.id, session);
    });
    return connection;
  }

  #port(client: Client): ConnectionPort {
    const counters = this.#counters;
    return {
      write: (bytes: Uint8Array) => {
        client.conn.write(bytes);
        if (client.conn.writableLength <= UNREAD_BYTES) return;
        counters.add('slow_clients');
        client.conn.destroy();
      },
      disconnect: (reasonCode: number) => client.disconnect({ reasonCode }),
      get closed() {
        return client.closed;
      },
    };
  }

  #publish(
    intake: Intake,
    client: Client | null,
    packet: PublishPacket,
    callback: (error?: Error | null) => void,
  ): void {
    const connection = this.#connectionOf(client);
    // A will has no connection, but wills are taken off before they are stored.
    if (connection === null) return void callback(new Refused());
    const publish = {
      topic: packet.topic,
      payload: bytesOf(packet.payload),
      qos: packet.qos,
      messageId: packet.messageId ?? 0,
      dup: packet.dup === true,
      retain: packet.retain === true,
    };
    // For aedes it is a QoS 0 message that nobody subscribes to: the intake acknowledges it when it is safe.
    packet.qos = 0;
    packet.retain = false;
    // Never within this call: aedes would parse on in the middle of parsing, and see this packet again.
    intake.publish(connection, publish, () => queueMicrotask(callback));
  }

  #fault(error: Error): void {
    if (error instanceof Refused) return;
    const code = codeOfFault(error);
    if (code === null) this.#counters.add('connections_lost');
    else this.#counters.outcome('refused', code);
  }
}

/** The payload as plain bytes: a Buffer's slices would be views into what the socket read. */
function bytesOf(payload: string | Buffer): Uint8Array {
  if (typeof payload === 'string') return utf8(payload);
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
}

/** Refused by us and counted where it was. */
class Refused extends Error {}

/** What aedes' own errors mean; they have no codes. Null: the network, or the client went away. */
function codeOfFault(error: Error & { code?: unknown }): ErrorCode | null {
  if (error.code !== undefined || /^(connection closed|keep alive timeout|drain timeout)$/.test(error.message))
    return null;
  if (error.message === 'packet too large') return 'packet_too_large';
  if (error.message === 'topic has too many levels') return 'topic_too_deep';
  return 'packet_malformed';
}
