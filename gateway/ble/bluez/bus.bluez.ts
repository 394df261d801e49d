// One connection to a D-Bus daemon, at the level of messages: calls that end in bounded time, signals in their order, and
// one event when the connection is lost. The library's proxies are not used: they introspect and add a rule for each object.
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { Message, type MessageBus, MessageType, sessionBus, Variant } from '@jellybrick/dbus-next';
import { HostError, LOST, TIMEOUT } from './errors.ts';

export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly limitMs: number;
  /** Called with the answer before any message that came after it is looked at. */
  readonly atAnswer?: (body: readonly unknown[]) => void;
}

/** A message that asks nothing; `body` is free of variants. */
export interface Signal {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

export type AskedCall = Signal;
/** What a call of somebody else is answered with. */
export interface Answer {
  readonly signature: string;
  readonly body: readonly unknown[];
}

interface Waiting {
  readonly destination: string;
  readonly answered: (message: Message) => void;
  readonly failed: (error: HostError) => void;
}

export const BUS = 'org.freedesktop.DBus';
export const BUS_PATH = '/org/freedesktop/DBus';
const UNKNOWN_METHOD = 'org.freedesktop.DBus.Error.UnknownMethod';

export class Bus {
  readonly #connection: MessageBus;
  readonly #stream: Duplex | null;
  readonly #waiting = new Map<number, Waiting>();
  #closed = false;
  onSignal: (signal: Signal) => void = () => {};
  /** Answers calls of others; a HostError becomes an error answer. */
  onCall: (call: AskedCall) => Promise<Answer> = () => Promise.reject(new HostError(UNKNOWN_METHOD));
  /** Once, when the connection is lost or closed; all calls have been rejected. */
  onLost: () => void = () => {};

  private constructor(connection: MessageBus, stream: Duplex | null) {
    this.#connection = connection;
    this.#stream = stream;
    connection.on('message', (message) => this.#received(message));
    // Before the library's own: it would read files and describe itself to whoever asks.
    connection.addMethodHandler((message: Message) => {
      this.#asked(message);
      return true;
    });
    for (const event of ['end', 'close', 'error']) stream?.once(event, () => this.close());
  }

  /** Connects to `address` (`unix:path=…`). Throws HostError. */
  static open(address: string, limitMs: number): Promise<Bus> {
    // Named for the session bus, this is the function of the library that takes an address.
    const connection = sessionBus({ busAddress: address });
    const under = underneath(connection);
    return new Promise((resolve, reject) => {
      const fail = (error: HostError) => {
        clearTimeout(timer);
        streamOf(under)?.destroy();
        reject(error);
      };
      const timer = setTimeout(() => fail(new HostError(TIMEOUT)), limitMs);
      // Stays for good: an error without a listener would end the process. A lost stream tells of itself.
      (connection as EventEmitter).on('error', () => fail(new HostError(LOST)));
      under?.once('connect', () => queueMicrotask(() => guardReading(streamOf(under))));
      connection.once('connect', () => {
        clearTimeout(timer);
        const stream = streamOf(under);
        if (stream?.readableEnded || stream?.destroyed) fail(new HostError(LOST));
        else resolve(new Bus(connection, stream));
      });
    });
  }

  /** Throws HostError: the error answer, TIMEOUT, or LOST. */
  call(call: BusCall): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new HostError(LOST));
        return;
      }
      const serial = this.#connection.newSerial();
      const timer = setTimeout(() => this.#waiting.get(serial)?.failed(new HostError(TIMEOUT)), call.limitMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(serial);
      };
      const failed = (error: HostError) => {
        done();
        reject(error);
      };
      const answered = (message: Message) => {
        done();
        const body = plainBody(message);
        if (message.type === MessageType.ERROR) {
          reject(new HostError(message.errorName, typeof body[0] === 'string' ? body[0] : ''));
          return;
        }
        call.atAnswer?.(body);
        resolve(body);
      };
      this.#waiting.set(serial, { destination: call.destination, answered, failed });
      const { destination, path, member, signature = '', body = [] } = call;
      const content = { destination, path, interface: call.interface, member, signature, body: [...body] };
      try {
        this.#connection.send(new Message({ ...content, serial }));
      } catch {
        failed(new HostError(LOST));
      }
    });
  }

  /** The one behind `destination` is gone: what was asked of it will not be answered. */
  failCalls(destination: string): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.destination === destination) waiting.failed(new HostError(LOST));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of [...this.#waiting.values()]) waiting.failed(new HostError(LOST));
    // A daemon that reads no more must not hold the process.
    const stream = this.#stream;
    stream?.end(() => stream.destroy());
    if (stream) setTimeout(() => stream.destroy(), 500).unref();
    else this.#connection.disconnect();
    this.onLost();
  }

  #received(message: Message): void {
    if (this.#closed) return;
    if (message.type === MessageType.SIGNAL) {
      this.onSignal(signalOf(message));
    } else if (message.replySerial !== undefined && message.type !== MessageType.METHOD_CALL) {
      this.#waiting.get(message.replySerial)?.answered(message);
    }
  }

  #asked(message: Message): void {
    if (this.#closed) return;
    const reply = (make: () => Message) => {
      try {
        if (!this.#closed) this.#connection.send(make());
      } catch {
        // The stream is gone; its own events say so.
      }
    };
    this.onCall(signalOf(message)).then(
      ({ signature, body }) => reply(() => Message.newMethodReturn(message, signature, [...body])),
      (error: unknown) => {
        const name = error instanceof HostError ? error.error : 'org.freedesktop.DBus.Error.Failed';
        reply(() => Message.newError(message, name, 'refused'));
      },
    );
  }
}

function signalOf(message: Message): Signal {
  const { sender = '', path = '', member = '' } = message;
  return { sender, path, interface: message.interface ?? '', member, body: plainBody(message) };
}

function plainBody(message: Message): unknown[] {
  return message.body.map(plain);
}

function plain(value: unknown): unknown {
  if (value instanceof Variant) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

interface Underneath {
  once(event: 'connect', listener: () => void): unknown;
  readonly stream?: Duplex;
}

/**
 * The connection below the library's bus, which tells of its end where the bus does not. Not in the library's types, so
 * its shape is looked at; without it the heartbeat alone finds a dead daemon.
 */
function underneath(connection: MessageBus): Underneath | null {
  const found: unknown = Reflect.get(connection, '_connection');
  return typeof found === 'object' && found !== null && 'once' in found ? (found as Underneath) : null;
}

function streamOf(under: Underneath | null): Duplex | null {
  return under?.stream ?? null;
}

/** The library reads messages outside of any try: one that a dying daemon sent half would end the process. */
function guardReading(stream: Duplex | null): void {
  if (stream === null) return;
  for (const listener of stream.listeners('readable')) {
    stream.on('readable', () => {
      try {
        listener.call(stream);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined);
      }
    });
    stream.off('readable', listener as () => void);
  }
}
