// Pairing and forgetting on a person's word. The session of the device keeps out of the way meanwhile: what is paired is
// either its live link, or none.
import { VitalsealError } from '@vitalseal/ledger';
import type { SessionDriver } from './driver.ts';
import type { BleLimits } from './limits.ts';
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
  /** A bond was made, or goes. */
  readonly paired: (address: BleAddress) => void;
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
   * Throws `device_unknown`, `device_gone`, and what Radio.pair does; `pairing_failed` while it is paired already; `cancelled`
   * as soon as can be after `signal`. Whoever aborts that answers an open question with null.
   */
  async pair(
    device: string,
    dialogue: PairingDialogue,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const { radio, driverOf, heardAt, changed } = this.#ports;
    if (signal.aborted) throw calledOff();
    if (driverOf(device) === null) throw new VitalsealError('device_unknown', 'no Bluetooth device of this name');
    if (this.#pairing.has(device)) throw new VitalsealError('pairing_failed', 'the device is being paired already');
    this.#pairing.add(device);
    changed();
    const look = () => this.look();
    signal.addEventListener('abort', look);
    let address: BleAddress | null = null;
    try {
      const { problem, paired } = driverOf(device)?.state ?? {};
      // A bond that only the host still has: as long as it has it, nothing is paired anew.
      if (problem === 'pairing_needed' && paired === true) await this.forget(device);
      address = await this.#ready(device, signal);
      await this.#bond(device, address, dialogue, signal);
      this.#pairing.delete(device);
      const driver = driverOf(device);
      this.#ports.paired(address);
      // A device with a link, as after pairing, is not heard by listening.
      driver?.hear({ kind: 'seen', paired: true });
      driver?.hear({ kind: 'pairedByHand' });
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
  async forget(device: string, at: BleAddress | null = null): Promise<void> {
    const { radio, limits, driverOf, addressOf } = this.#ports;
    const driver = driverOf(device);
    driver?.hear({ kind: 'pause', forMs: limits.yieldMs, why: 'yield' });
    const addresses = new Set<BleAddress>();
    for (const address of [at, addressOf(device), this.#removed.get(device), driver?.rule.match.address])
      if (address !== null && address !== undefined) addresses.add(address.toUpperCase());
    this.#removed.delete(device);
    for (const address of addresses) {
      await radio.forget(address);
      this.#ports.forgotten(address);
    }
  }

  /** Resolves with the address once the session is live or out of the way. */
  async #ready(device: string, signal: AbortSignal): Promise<BleAddress> {
    const { limits, driverOf, heardAt } = this.#ports;
    const driver = driverOf(device);
    const isLive = () => driver?.state.phase === 'live' && driver.address !== null;
    if (!isLive()) driver?.hear({ kind: 'pause', forMs: limits.yieldMs, why: 'yield' });
    const isReady = () => isLive() || (driver?.isBusy !== true && heardAt(device) !== null);
    await this.#until(() => signal.aborted || isReady() || driverOf(device) !== driver, limits.pairWaitMs);
    if (signal.aborted) throw calledOff();
    const address = isLive() ? (driver?.address ?? null) : heardAt(device);
    if (address !== null && isReady() && driverOf(device) === driver) return address;
    throw new VitalsealError('device_gone', 'the device was not heard: switch it on, and bring it near');
  }

  /** Radio.pair. Called off, it is as if it had never begun: no bond stays. */
  async #bond(device: string, address: BleAddress, dialogue: PairingDialogue, signal: AbortSignal): Promise<void> {
    const { radio } = this.#ports;
    const before = radio.sightings().some((sighting) => sighting.address === address && sighting.paired);
    let open = 0;
    const asking: PairingDialogue = async (question) => {
      open++;
      try {
        return await dialogue(question);
      } finally {
        open--;
      }
    };
    // A host that forgets a device gives up pairing it, too. A bond that was there before is not ours to take.
    const undo = () => (before ? Promise.resolve() : this.forget(device, address).catch(ignore));
    let undone = Promise.resolve();
    // The no to an open question ends the pairing as well, and the device is told.
    const cut = () => {
      if (open === 0) undone = undo();
    };
    signal.addEventListener('abort', cut);
    try {
      await radio.pair(address, asking);
    } catch (error) {
      throw signal.aborted ? calledOff() : error;
    } finally {
      signal.removeEventListener('abort', cut);
      // Before the next pairing begins, which it would hit.
      await undone;
    }
    if (!signal.aborted) return;
    await undo();
    throw calledOff();
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

function calledOff(): VitalsealError {
  return new VitalsealError('cancelled', 'the pairing was cancelled');
}

function ignore(): void {}
