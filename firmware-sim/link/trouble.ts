// What keeps a device from getting rid of its messages, made from what its connection went through. A device tries for ever;
// only whoever watches it can tell a broker that restarts from one that will never take a message.

export type Trouble =
  /** No connection comes about. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The broker refuses the user name or the password, or is too busy. */
  | { readonly kind: 'login'; readonly reason: string }
  /** Again and again the broker ends the connection before it has acknowledged anything; `reason` where it gives one. */
  | { readonly kind: 'closed'; readonly reason: string | null }
  /** Every message until now was answered with a refusal (MQTT 5). */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The connection stands, and no acknowledgement comes. */
  | { readonly kind: 'silent' };

/** A broker that restarts does this once or twice. */
const AGAIN_AND_AGAIN = 3;

export class TroubleWatch {
  readonly #tell: (trouble: Trouble) => void;
  #told: Trouble['kind'] | null = null;
  #online = false;
  /** Since the last connection that came about. */
  #failure: (Trouble & { kind: 'unreachable' | 'login' }) | null = null;
  /** Connections that ended since the last acknowledgement. */
  #ends = 0;
  #endReason: string | null = null;
  #acknowledged = false;
  #refusal: string | null = null;

  /** `tell` hears of each trouble when it begins. */
  constructor(tell: (trouble: Trouble) => void = () => {}) {
    this.#tell = tell;
  }

  connected(): void {
    this.#online = true;
    this.#failure = null;
  }

  /** An attempt to connect failed; `kind` says at which step. */
  failed(kind: 'unreachable' | 'login', reason: string): void {
    if (this.#online) return; // what ends a connection is told by `ended`
    this.#failure = { kind, reason };
    this.#look();
  }

  /** The broker said why it is about to end the connection (MQTT 5). */
  dismissed(reason: string): void {
    this.#endReason = reason;
  }

  ended(): void {
    if (this.#online) this.#ends++;
    else this.#failure ??= { kind: 'unreachable', reason: 'the connection ends before an answer' };
    this.#online = false;
    this.#look();
  }

  acknowledged(): void {
    this.#acknowledged = true;
    this.#ends = 0;
    this.#endReason = null;
    this.#told = null;
  }

  refused(reason: string): void {
    this.#refusal = reason;
    this.#look();
  }

  /** The trouble at this moment; null while all is well, as far as one can tell. */
  now(): Trouble | null {
    return this.#known() ?? (this.#online ? null : { kind: 'unreachable', reason: 'no answer' });
  }

  #known(): Trouble | null {
    if (this.#failure !== null) return this.#failure;
    if (this.#ends >= AGAIN_AND_AGAIN) return { kind: 'closed', reason: this.#endReason };
    if (!this.#acknowledged && this.#refusal !== null) return { kind: 'refused', reason: this.#refusal };
    return null;
  }

  #look(): void {
    const trouble = this.#known();
    if (trouble === null || trouble.kind === this.#told) return;
    this.#told = trouble.kind;
    this.#tell(trouble);
  }
}
