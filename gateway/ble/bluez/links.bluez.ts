// The links of this radio: made, resolved, used and ended. Whatever waits for a device fails at once when its link drops
// or the host dies; a link that somebody was given is reported once when it ends.
import { Variant } from '@jellybrick/dbus-next';
import { VitalsealError } from '@vitalseal/ledger';
import type { GattCharacteristic, RadioEvent } from '../radio.ts';
import { Bonds } from './bonds.ts';
import { Connector } from './connector.bluez.ts';
import type { KnownDevice } from './device.ts';
import type { Discovery } from './discovery.bluez.ts';
import { asRadioError, HostError, isAlready, isInProgress, TIMEOUT } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { guarded, type Link, newLink } from './link.ts';
import { CHARACTERISTIC, DEVICE } from './objects.ts';
import type { BluezTimeouts } from './timeouts.ts';

export class Links {
  readonly #host: Host;
  readonly #timeouts: BluezTimeouts;
  readonly #emit: (event: RadioEvent) => void;
  /** By path of the device. */
  readonly #links = new Map<string, Link>();
  /** By path, those that are being made: one that dropped meanwhile is no longer above, and may be tried again. */
  readonly #opening = new Map<string, Link>();
  /** Paths of devices whose links are of our making, those that pairing made among them. */
  readonly #made = new Set<string>();
  readonly #bonds = new Bonds();
  readonly #connector: Connector;

  constructor(host: Host, discovery: Discovery, timeouts: BluezTimeouts, emit: (event: RadioEvent) => void) {
    this.#host = host;
    this.#timeouts = timeouts;
    this.#emit = emit;
    const stands = (link: Link) => void this.#links.set(link.path, link);
    this.#connector = new Connector(host, discovery, timeouts, this.#bonds, stands);
  }

  get size(): number {
    return this.#links.size;
  }

  /** Throws as Radio.connect. */
  connect(device: KnownDevice): Promise<readonly GattCharacteristic[]> {
    const { path } = device;
    const known = this.#links.get(path);
    if (known?.phase === 'up') return Promise.resolve(this.#host.objects.characteristics(path));
    if (known?.opening) return known.opening;
    const link = newLink(device);
    this.#bonds.begin(path);
    this.#links.set(path, link);
    this.#made.add(path);
    this.#opening.set(path, link);
    link.opening = this.#open(link).finally(() => {
      link.opening = null;
      if (this.#opening.get(path) === link) this.#opening.delete(path);
    });
    return link.opening;
  }

  /** Throws radio_timeout; a link that is not there is ended already. */
  async disconnect(device: KnownDevice): Promise<void> {
    const { path } = device;
    for (const link of [this.#links.get(path), this.#opening.get(path)]) if (link) link.cancelled = true;
    try {
      await this.#host.call(path, DEVICE, 'Disconnect', '', [], this.#timeouts.callMs);
    } catch (error) {
      const failure = asRadioError(error, 'connect');
      if (failure.code !== 'device_gone') throw failure;
    } finally {
      this.#drop(device);
    }
  }

  /** Pairing connects too. */
  madeByPairing(path: string): void {
    if (this.#host.objects.device(path)?.connected) this.#made.add(path);
  }

  /** Ends all links of this radio. Never throws. */
  async stop(): Promise<void> {
    const made = [...this.#made].map((path) => this.#host.objects.device(path));
    await Promise.allSettled(made.map((device) => device && this.disconnect(device)));
  }

  async read(path: string, handle: string): Promise<Uint8Array> {
    const [bytes] = await this.#gatt(path, handle, 'ReadValue', 'a{sv}', [{}]);
    if (!(bytes instanceof Uint8Array)) throw new VitalsealError('radio_unavailable');
    this.#links.get(path)?.early.take(handle); // BlueZ also tells what we read
    return Uint8Array.from(bytes);
  }

  async write(path: string, handle: string, bytes: Uint8Array): Promise<void> {
    await this.#gatt(path, handle, 'WriteValue', 'aya{sv}', [
      Buffer.from(bytes),
      { type: new Variant('s', 'request') },
    ]);
  }

  async subscribe(path: string, handle: string): Promise<void> {
    // Before the answer: the first value may come with it.
    const link = this.#links.get(path);
    const device = this.#host.objects.device(path);
    link?.subscribed.add(handle);
    if (link && device) for (const bytes of link.early.take(handle)) this.value(device, handle, bytes);
    try {
      await this.#gatt(path, handle, 'StartNotify', '', []);
    } catch (error) {
      link?.subscribed.delete(handle);
      throw error;
    }
  }

  /** Whether there is a link, or one is being made. */
  has(path: string): boolean {
    return this.#links.has(path);
  }

  /**
   * A person was wanted for the sake of this device, and there was none. BlueZ 5.66 never answers an operation for which it
   * paired by itself when that is refused; what has nothing to do with it is answered soon.
   */
  wantsPerson(path: string): void {
    const link = this.#links.get(path);
    if (link === undefined) return;
    this.#bonds.wantsPerson(path, performance.now());
    if (link.phase !== 'up') return;
    const waiting = [...link.waiting];
    const reject = () => {
      for (const one of waiting) if (link.waiting.has(one)) one(new VitalsealError('pairing_needed'));
    };
    setTimeout(reject, this.#timeouts.unansweredMs).unref();
  }

  /** Whether a person was wanted on this link already, or on the last one. */
  wantedPerson(path: string): boolean {
    return this.#bonds.wantedPerson(path);
  }

  /** The host says that a device is connected, resolved, or not any more. */
  changed(device: KnownDevice): void {
    const { path, connected, resolved } = device;
    const link = this.#links.get(path);
    if (link === undefined) {
      if (!connected) this.#made.delete(path);
      return;
    }
    if ((link.wasConnected && !connected) || (link.phase === 'up' && !resolved)) {
      this.#drop(device);
    } else {
      link.wasConnected = connected;
      if (connected && resolved) link.resolved?.();
    }
  }

  /** The host does not know the device any more. */
  gone(device: KnownDevice): void {
    this.#made.delete(device.path);
    this.#drop(device);
    this.#bonds.forget(device.path);
  }

  value(device: KnownDevice, handle: string, bytes: Uint8Array): void {
    const link = this.#links.get(device.path);
    if (link?.phase !== 'up' || !link.subscribed.has(handle)) link?.early.keep(handle, bytes);
    else this.#emit({ kind: 'value', address: device.address, handle, bytes });
  }

  /** The host or its adapter died: nobody is told of single links. */
  lost(): void {
    const links = [...this.#links.values()];
    this.#links.clear();
    this.#made.clear();
    this.#bonds.clear();
    for (const { waiting } of links) for (const reject of [...waiting]) reject(new VitalsealError('radio_unavailable'));
  }

  async #open(link: Link): Promise<readonly GattCharacteristic[]> {
    const { path } = link;
    try {
      await this.#connector.make(link);
      link.phase = 'resolving';
      await this.#resolve(link);
      const device = this.#host.objects.device(path);
      if (this.#links.get(path) !== link || !device?.connected || !device.resolved) {
        throw new VitalsealError('device_gone');
      }
      const characteristics = this.#host.objects.characteristics(path);
      link.characteristics = new Set(characteristics.map(({ handle }) => handle));
      link.phase = 'up';
      this.#bonds.isGood(path);
      return characteristics;
    } catch (error) {
      if (this.#links.get(path) === link) this.#links.delete(path);
      const failure = asRadioError(error, 'connect');
      // Also ends an attempt that goes on inside the host. Who cancelled did so already, and may be pairing by now.
      if (failure.code !== 'radio_unavailable' && !link.cancelled) {
        this.#host.call(path, DEVICE, 'Disconnect', '', [], this.#timeouts.callMs).catch(() => {});
      }
      throw failure;
    }
  }

  async #resolve(link: Link): Promise<void> {
    if (this.#links.get(link.path) !== link) throw new VitalsealError('device_gone');
    if (this.#host.objects.device(link.path)?.resolved === true) return;
    let timer: NodeJS.Timeout | undefined;
    const resolved = new Promise<void>((resolve, reject) => {
      link.resolved = resolve;
      timer = setTimeout(() => reject(new HostError(TIMEOUT)), this.#timeouts.resolveMs);
    });
    await guarded(link, resolved).finally(() => {
      clearTimeout(timer);
      link.resolved = null;
    });
  }

  async #gatt(path: string, handle: string, member: string, signature: string, body: unknown[]) {
    const link = this.#links.get(path);
    if (link?.phase !== 'up' || !link.characteristics.has(handle)) throw new VitalsealError('device_gone');
    try {
      const call = this.#host.call(handle, CHARACTERISTIC, member, signature, body, this.#timeouts.gattMs);
      return await guarded(link, call);
    } catch (error) {
      const tolerated = member === 'StartNotify' && (isInProgress(error) || isAlready(error));
      if (tolerated) return [];
      throw asRadioError(error, 'gatt');
    }
  }

  #drop({ path, address }: KnownDevice): void {
    const link = this.#links.get(path);
    if (link === undefined) return;
    this.#links.delete(path);
    const why = this.#bonds.hungUpAtRefusal(path, performance.now()) ? 'pairing_needed' : 'device_gone';
    for (const reject of [...link.waiting]) reject(new VitalsealError(why));
    if (link.phase === 'up') this.#emit({ kind: 'disconnected', address });
  }
}
