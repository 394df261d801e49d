// Pairing and forgetting on a person's word. The session of the device keeps out of the way meanwhile: what is paired is
// either its live link, or none.
import { VitalsealError } from '@vitalseal/ledger';
import type { SessionDriver } from './driver.ts';
import type { BleLimits } from './limits.ts';
import { type PairingOutcome, pairByHand, pairingCancelled } from './pairing.ts';
import type { BleAddress, PairingDialogue, Radio } from './radio.ts';
import type { After } from './timers.ts';

export interface ByHandPorts {
  readonly radio: Radio;
  readonly limits: BleLimits;
  readonly after: After;
  readonly driverOf: (device: string) => SessionDriver | null;
  /** Where it was heard last; null before. */
  readonly addressOf: (device: string) => BleAddress | null;
  /** Where it was heard lately; null else. */
  readonly heardAt: (device: string) => BleAddress | null;
  /** A bond was made. */
  readonly paired: (address: BleAddress) => void;
  /** What was heard at an address does not count any more. */
  readonly forgotten: (address: BleAddress) => void;
  /** Somebody began to wait for a device, or no longer does. */
  readonly changed: () => void;
}

/** Removed devices whose addresses are remembered. */
const REMOVED = 64;

export class ByHand {
  readonly #ports: ByHandPorts;
  readonly #pairing = new Set<string>();
  readonly #removed = new Map<string, BleAddress>();
  readonly #watchers = new Set<() => void>();

  constructor(ports: ByHandPorts) {
    this.#ports = ports;
  }

  /** Its session is not to begin anything now. */
  has(device: string): boolean {
    return this.#pairing.has(device);
  }

  get count(): number {
    return this.#pairing.size;
  }

  /** Something was heard, or a session went on. */
  look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * Throws `device_unknown`, `device_gone`, and what Radio.pair does; `pairing_failed` while it is being paired; `cancelled`
   * as soon as can be after `signal`. Whoever aborts that answers an open question with null.
   */
  async pair(
    device: string,
    dialogue: PairingDialogue,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<PairingOutcome> {
    const { radio, after, driverOf, heardAt, forgotten, changed } = this.#ports;
    if (signal.aborted) throw pairingCancelled();
    if (driverOf(device) === null) throw new VitalsealError('device_unknown', 'no Bluetooth device of this name');
    if (this.#pairing.has(device)) throw new VitalsealError('pairing_failed', 'the device is being paired already');
    this.#pairing.add(device);
    changed();
    const look = () => this.look();
    signal.addEventListener('abort', look);
    /** Where pairing may have made a link. */
    let address = null as BleAddress | null;
    const find = async () => {
      address = null;
      address = await this.#ready(device, signal);
      return address;
    };
    // One that is not in use: the device knows nothing of it, and as long as the host has it, nothing is paired anew.
    const isWorthless = () =>
      driverOf(device)?.state.bondDoubted === true || driverOf(device)?.state.problem === 'pairing_needed';
    const forget = (at: BleAddress) => this.#drop(device, at);
    try {
      const outcome = await pairByHand(
        { radio, after, find, unhear: forgotten, forget, isWorthless },
        dialogue,
        signal,
      );
      this.#pairing.delete(device);
      const driver = driverOf(device);
      if (address !== null) this.#ports.paired(address);
      // A device with a link, as after pairing, is not heard by listening.
      driver?.hear({ kind: 'seen', paired: true });
      driver?.hear({ kind: 'pairedByHand' });
      return outcome;
    } finally {
      signal.removeEventListener('abort', look);
      this.#pairing.delete(device);
      changed();
      // The link that pairing made belongs to nobody, unless the session took it over at once.
      const driver = driverOf(device);
      if (address !== null && driver?.isBusy !== true) await radio.disconnect(heardAt(device) ?? address).catch(ignore);
    }
  }

  /** A device left the allow list; its bond may still be asked to go. */
  removed(device: string, address: BleAddress | null): void {
    if (address !== null) this.#removed.set(device, address);
    if (this.#removed.size > REMOVED) this.#removed.delete(this.#removed.keys().next().value as string);
  }

  /** Drops link and bond of a device, also of one that was removed. Throws what Radio.forget does. */
  async forget(device: string): Promise<void> {
    const { driverOf, addressOf } = this.#ports;
    const addresses = new Set<BleAddress>();
    for (const address of [addressOf(device), this.#removed.get(device), driverOf(device)?.rule.match.address])
      if (address !== null && address !== undefined) addresses.add(address.toUpperCase());
    this.#removed.delete(device);
    for (const address of addresses) await this.#drop(device, address);
  }

  /** Drops link and bond of an address, and no other: one that the device had may be another's by now. */
  async #drop(device: string, address: BleAddress): Promise<void> {
    const { radio, limits, driverOf, forgotten } = this.#ports;
    driverOf(device)?.hear({ kind: 'pause', forMs: limits.yieldMs, why: 'yield' });
    await radio.forget(address);
    forgotten(address);
  }

  /** Resolves with the address once the session is live or out of the way. */
  async #ready(device: string, signal: AbortSignal): Promise<BleAddress> {
    const { limits, driverOf, heardAt } = this.#ports;
    const driver = driverOf(device);
    const isLive = () => driver?.state.phase === 'live' && driver.address !== null;
    if (!isLive()) driver?.hear({ kind: 'pause', forMs: limits.yieldMs, why: 'yield' });
    const isReady = () => isLive() || (driver?.isBusy !== true && heardAt(device) !== null);
    await this.#until(() => signal.aborted || isReady() || driverOf(device) !== driver, limits.pairWaitMs);
    if (signal.aborted) throw pairingCancelled();
    const address = isLive() ? (driver?.address ?? null) : heardAt(device);
    if (address !== null && isReady() && driverOf(device) === driver) return address;
    throw new VitalsealError('device_gone', 'the device was not heard: switch it on, and bring it near');
  }

  #until(condition: () => boolean, ms: number): Promise<void> {
    if (condition()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#watchers.delete(watcher);
      undo();
      resolve();
    };
    const watcher = () => condition() && end();
    const undo = this.#ports.after(ms, end);
    this.#watchers.add(watcher);
    return promise;
  }
}

function ignore(): void {}
