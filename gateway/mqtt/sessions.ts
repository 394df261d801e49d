// What the broker keeps for a client between connections: the packet ids of its QoS 2 messages until their PUBREL, so
// that a PUBLISH sent again is not taken twice [MQTT-4.3.3-2]. Held in memory; after a restart the inbox recognises
// what is sent again by DUP, as it does for QoS 1.

/** `pending`: handed to the sink; `kept`: safe, PUBREC may be sent again. Waiters are called when a pending one settles. */
export type Qos2State = { state: 'pending' | 'kept'; waiters: ((kept: boolean) => void)[] };

export class Session {
  /** True when it outlives the connection. */
  persistent = false;
  readonly ids = new Map<number, Qos2State>();
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

  has(scopedId: string): boolean {
    return this.#sessions.has(scopedId);
  }

  /** The session of a scoped client id, made when there is none. */
  open(scopedId: string): Session {
    const session = this.#sessions.get(scopedId) ?? new Session();
    this.#sessions.delete(scopedId);
    this.#sessions.set(scopedId, session);
    if (this.#sessions.size > this.#limit) {
      const oldest = this.#sessions.keys().next();
      if (!oldest.done) this.#sessions.delete(oldest.value);
    }
    return session;
  }

  drop(scopedId: string): void {
    this.#sessions.delete(scopedId);
  }

  /** PUBREL: the id is free again. */
  release(scopedId: string, messageId: number): void {
    const ids = this.#sessions.get(scopedId)?.ids;
    if (ids?.get(messageId)?.state === 'kept') ids.delete(messageId);
  }
}
