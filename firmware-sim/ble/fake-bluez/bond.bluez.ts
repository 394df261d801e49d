// How one device is paired: the dialogue of Device1.Pair, and the bond that outlives bluetoothd.

import { BusError } from '../bus/object-server.bluez.ts';
import type { Agents } from './agents.bluez.ts';
import type { FakeDeviceSpec } from './spec.ts';

const ERROR = 'org.bluez.Error.';

/** How well the link is protected now. */
export type Security = 'none' | 'unauthenticated' | 'authenticated';

export class Bond {
  readonly #spec: FakeDeviceSpec;
  #security: Security = 'none';
  #pairing: AbortController | null = null;
  #keyLost = false;

  constructor(spec: FakeDeviceSpec) {
    this.#spec = spec;
  }

  get security(): Security {
    return this.#security;
  }

  get exists(): boolean {
    return this.#security !== 'none';
  }

  get running(): boolean {
    return this.#pairing !== null;
  }

  /** The host still has a bond, of which the device knows nothing any more: it was reset. */
  get keyLost(): boolean {
    return this.exists && this.#keyLost;
  }

  loseKey(): void {
    this.#keyLost = true;
  }

  forget(): void {
    this.#security = 'none';
  }

  /** The link ended. */
  abort(): void {
    this.#pairing?.abort();
  }

  /** Device1.CancelPairing. */
  cancel(): void {
    if (this.#pairing === null) throw new BusError(`${ERROR}DoesNotExist`, 'Does Not Exist');
    this.#pairing.abort();
  }

  /** Throws the BusError that Device1.Pair answers when there is nothing to begin. */
  check(): void {
    if (this.exists) throw new BusError(`${ERROR}AlreadyExists`, 'Already Exists');
    if (this.running) throw new BusError(`${ERROR}InProgress`, 'In Progress');
  }

  /** Asks the agent of `sender`; empty: the default one, because the device wants a protected link. Throws BusError. */
  async make(agents: Agents, sender: string, path: string): Promise<void> {
    this.#pairing = new AbortController();
    const { signal } = this.#pairing;
    const { pairing = 'just-works', passkey = 123456 } = this.#spec;
    try {
      const initiated = sender !== '';
      const authenticated = await agents.pair(sender, path, pairing, passkey, { signal, initiated });
      this.#keyLost = false;
      this.#security = authenticated ? 'authenticated' : 'unauthenticated';
    } finally {
      this.#pairing = null;
    }
  }
}
