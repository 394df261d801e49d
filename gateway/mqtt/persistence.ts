// What aedes is given instead of a store: nothing is retained, nobody subscribes, no will is kept and no message waits
// for anyone. Only sessions are real. So no client can make the broker hold more than it must.
import { Readable } from 'node:stream';
import type { Session, Sessions } from './sessions.ts';

/** Stands for "there is a session" where aedes asks for its subscriptions; authorizeSubscribe never grants it. */
export const SESSION_MARK = '$session';

interface Named {
  readonly id: string;
}

/**
 * The part of aedes-persistence 10 that aedes 2 calls. `sessionOf` gives the session that a connection works with, which
 * is not the one of its client id any more when a newer connection has taken that over.
 */
export function sessionPersistence<Client extends Named>(
  sessions: Sessions,
  sessionOf: (client: Client) => Session | undefined,
) {
  return {
    async setup(): Promise<void> {},
    async subscriptionsByClient({ id }: Named) {
      // CONNACK says "session present" for a client that is known: it must not throw its own half away.
      return sessions.isKept(id) ? [{ topic: SESSION_MARK, qos: 0 }] : [];
    },
    async cleanSubscriptions(client: Client): Promise<void> {
      // A clean start, whose connection has no session yet, or the end of one's own.
      sessions.drop(client.id, sessionOf(client));
    },
    async incomingGetPacket(_client: Client, { messageId }: { messageId: number }): Promise<{ messageId: number }> {
      return { messageId };
    },
    async incomingDelPacket(client: Client, { messageId }: { messageId: number }): Promise<void> {
      sessionOf(client)?.release(messageId);
    },
    async incomingStorePacket(): Promise<void> {},
    async addSubscriptions(): Promise<void> {},
    async removeSubscriptions(): Promise<void> {},
    async subscriptionsByTopic(): Promise<never[]> {
      return [];
    },
    async storeRetained(): Promise<void> {},
    createRetainedStreamCombi: (): Readable => Readable.from([]),
    async outgoingEnqueue(): Promise<void> {},
    async outgoingEnqueueCombi(): Promise<void> {},
    async outgoingUpdate(): Promise<void> {},
    async outgoingClearMessageId(): Promise<void> {},
    outgoingStream: (): Readable => Readable.from([]),
    async putWill(): Promise<void> {},
    async delWill(): Promise<void> {},
    async *streamWill(): AsyncGenerator<never> {},
  };
}

/** The emitter that would carry messages to subscribers; there are none. */
export function silentEmitter() {
  const done = (callback?: () => void): void => callback?.();
  return {
    on: (_topic: string, _listener: unknown, callback?: () => void) => done(callback),
    removeListener: (_topic: string, _listener: unknown, callback?: () => void) => done(callback),
    emit: (_packet: unknown, callback?: () => void) => done(callback),
    close: (callback?: () => void) => done(callback),
  };
}
