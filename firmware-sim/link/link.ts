// The port to the broker: how a simulated device gets rid of its messages.
import type { Trouble } from './trouble.ts';

export interface Link {
  /**
   * Hands over one message as soon as there is room, which is at once while few are unacknowledged and the broker is
   * there; resolves false, and sends nothing, if `signal` aborts before. Rejects with `LinkRefused` like `refused`.
   * `settled` is called once, when the broker has acknowledged (true) or refused (false).
   * What is not acknowledged is sent again after a reconnect, with the same packet id and DUP=1.
   */
  publish(
    topic: string,
    bytes: Uint8Array,
    settled: (accepted: boolean) => void,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Resolves when nothing is unacknowledged, or after `patienceMs`. */
  drain(patienceMs: number): Promise<void>;
  close(): Promise<void>;
  /** Rejects when the broker refuses the very first connection: a wrong password will not become right. */
  readonly refused: Promise<never>;
  /** How often the connection came back. */
  reconnects(): number;
  /** What keeps messages from being acknowledged at this moment; null while nothing does. */
  trouble(): Trouble | null;
}

/** The first connection was refused; `reason` is the broker's. */
export class LinkRefused extends Error {
  override readonly name = 'LinkRefused';
}
