// One connection to a D-Bus daemon, as the simulations use it.
import type { EventEmitter } from 'node:events';
import { Message, type MessageBus, sessionBus } from '@jellybrick/dbus-next';

const CONNECT_MS = 5000;

/**
 * Throws Error when the bus does not answer. Its later death is told to `onEnd`, as is the end of the connection by
 * `disconnect`.
 */
export function connectBus(busAddress: string, onEnd: () => void = () => {}): Promise<MessageBus> {
  const bus = sessionBus({ busAddress });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the bus does not answer')), CONNECT_MS);
    bus.once('connect', () => {
      clearTimeout(timer);
      // The library tells nobody when the daemon goes.
      streamOf(bus)?.once('close', onEnd);
      resolve(bus);
    });
    (bus as EventEmitter).on('error', (error: Error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function streamOf(bus: MessageBus): EventEmitter | null {
  const under: unknown = Reflect.get(bus, '_connection');
  const stream: unknown = typeof under === 'object' && under !== null ? Reflect.get(under, 'stream') : null;
  return typeof stream === 'object' && stream !== null && 'once' in stream ? (stream as EventEmitter) : null;
}

/** Signals that match `rule` come as messages from now on. */
export async function addMatch(bus: MessageBus, rule: string): Promise<void> {
  const name = 'org.freedesktop.DBus';
  const at = { destination: name, path: '/org/freedesktop/DBus', interface: name };
  await bus.call(new Message({ ...at, member: 'AddMatch', signature: 's', body: [rule] }));
}
