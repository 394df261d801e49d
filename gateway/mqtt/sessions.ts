// What the broker keeps for a client between connections: the packet ids of its QoS 2 messages until their PUBREL, so
// that a PUBLISH sent again is not taken twice [MQTT-4.3.3-2]. Held in memory; after a restart the inbox recognises
// what is sent again by DUP, as it does for QoS 1.

/** `pending`: handed to the sink; `kept`: safe, PUBREC may be sent again. Waiters are called when a pending one settles. */
export type Qos2State = { state: 'pending' | 'kept'; waiters: ((kept: boolean) => void)[] };

export class Session {
  /** True when it outlives the connection. */
  persistent = false;
  readonly ids = new Map<number, Qos2State>();

  /** PUBREL: the id is free again, unless its message is not safe yet. */
  release(messageId: number): void {
    if (this.ids.get(messageId)?.state === 'kept') this.ids.delete(messageId);
  }
}

export class Sessions {
  readonly #limit: number;
  readonly #sessions = new Map<string, Session>();

  /** Keeps at most `limit` sessions; the one longest unused goes first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True when a session was kept for the client beyond its connection. */
  isKept(scopedId: string): boolean {
    return this.#sessions.get(scopedId)?.persistent === true;
  }

  /** The session of a scoped client id for a new connection: the kept one, or a new one when none was kept. */
  open(scopedId: string, persistent: boolean): Session {
    const held = this.#sessions.get(scopedId);
    const session = held?.persistent ? held : new Session();
    session.persistent = persistent;
    this.#sessions.delete(scopedId);
    this.#sessions.set(scopedId, session);
    if (this.#sessions.size > this.#limit) {
      const oldest = this.#sessions.keys().next();
      if (!oldest.done) this.#sessions.delete(oldest.value);
    }
    return session;
  }

  /** Forgets a session; with `only`, when it is still that one, and no newer connection has another. */
  drop(scopedId: string, only?: Session): void {
    if (only === undefined || this.#sessions.get(scopedId) === only) this.#sessions.delete(scopedId);
  }
}
