// The links of this radio: made, resolved, used and ended. Whatever waits for a device fails at once when its link drops
// or the host dies; a link that somebody was given is reported once when it ends.
import { Variant } from '@jellybrick/dbus-next';
import { VitalsealError } from '@vitalseal/ledger';
import type { GattCharacteristic, RadioEvent } from '../radio.ts';
import type { KnownDevice } from './device.ts';
import type { Discovery } from './discovery.bluez.ts';
import { asRadioError, HostError, isAlready, isEndedByHost, isInProgress, TIMEOUT } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { isWhole, type Link, newLink } from './link.ts';
import { CHARACTERISTIC, DEVICE } from './objects.ts';
import type { BluezTimeouts } from './timeouts.ts';

/** Between two looks whether the host has ended the connect that it says is in progress. */
const IN_PROGRESS_MS = 250;
/** For the host to say why a link dropped while it was made. */
const REASON_MS = 100;
/** So often must stopping discovery have helped a connect before each connect stops it. */
const HELPED_OFTEN = 3;

export class Links {
  readonly #host: Host;
  readonly #discovery: Discovery;
  readonly #timeouts: BluezTimeouts;
  readonly #emit: (event: RadioEvent) => void;
  /** By path of the device. */
  readonly #links = new Map<string, Link>();
  /** Paths of devices whose links are of our making, those that pairing made among them. */
  readonly #made = new Set<string>();
  /** How often connecting failed with discovery on and went well without. */
  #helped = 0;

  constructor(host: Host, discovery: Discovery, timeouts: BluezTimeouts, emit: (event: RadioEvent) => void) {
    this.#host = host;
    this.#discovery = discovery;
    this.#timeouts = timeouts;
    this.#emit = emit;
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
    this.#links.set(path, link);
    this.#made.add(path);
    link.opening = this.#open(link).finally(() => {
      link.opening = null;
    });
    return link.opening;
  }

  /** Throws radio_timeout; a link that is not there is ended already. */
  async disconnect(device: KnownDevice): Promise<void> {
    const { path } = device;
    const link = this.#links.get(path);
    if (link) link.cancelled = true;
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

  /**
   * A person was wanted for the sake of this device, and there was none: what waits for it fails with pairing_needed. BlueZ
   * 5.66 never answers an operation for which it pairs by itself, when that is refused.
   */
  wantsPerson(path: string): void {
    const link = this.#links.get(path);
    if (link?.phase !== 'up') return;
    link.wantedPerson = true;
    for (const reject of [...link.waiting]) reject(new VitalsealError('pairing_needed'));
  }

  /** Whether a person was wanted on this link already. */
  wantedPerson(path: string): boolean {
    return this.#links.get(path)?.wantedPerson === true;
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
    for (const { waiting } of links) for (const reject of [...waiting]) reject(new VitalsealError('radio_unavailable'));
  }

  async #open(link: Link): Promise<readonly GattCharacteristic[]> {
    const { path } = link;
    try {
      await this.#attempt(link);
      link.phase = 'resolving';
      await this.#resolve(link);
      const device = this.#host.objects.device(path);
      if (this.#links.get(path) !== link || !device?.connected || !device.resolved) {
        throw new VitalsealError('device_gone');
      }
      const characteristics = this.#host.objects.characteristics(path);
      link.characteristics = new Set(characteristics.map(({ handle }) => handle));
      link.phase = 'up';
      return characteristics;
    } catch (error) {
      if (this.#links.get(path) === link) this.#links.delete(path);
      const failure = asRadioError(error, 'connect');
      // Also ends an attempt that goes on inside the host.
      if (failure.code !== 'radio_unavailable') {
        this.#host.call(path, DEVICE, 'Disconnect', '', [], this.#timeouts.callMs).catch(() => {});
      }
      throw failure;
    }
  }

  async #attempt(link: Link): Promise<void> {
    const untilMs = performance.now() + this.#timeouts.connectMs;
    const once = () => this.#call(link, untilMs);
    if (this.#helped >= HELPED_OFTEN) return this.#discovery.without(once);
    try {
      await once();
    } catch (error) {
      const { code } = asRadioError(error, 'connect');
      if (
        code !== 'device_gone' ||
        link.cancelled ||
        !this.#discovery.running ||
        this.#host.objects.device(link.path) === null
      )
        throw error;
      // Some controllers cannot connect while they discover, and many links fail to come about the first time.
      link.wasConnected = false;
      this.#links.set(link.path, link);
      await this.#discovery.without(once);
      this.#helped += 1;
    }
  }

  /** Connect, again while the host is at it already. A link that stands whole is taken as it is. */
  async #call(link: Link, untilMs: number): Promise<void> {
    const { path } = link;
    for (let done = false; !done; ) {
      if (isWhole(this.#host.objects.device(path))) break;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new HostError(TIMEOUT);
      try {
        // BlueZ may leave the call open though the device is there.
        const whole = new Promise<void>((resolve) => {
          link.resolved = resolve;
        });
        const call = this.#host.call(path, DEVICE, 'Connect', '', [], leftMs);
        await this.#guarded(link, Promise.race([call, whole])).catch((error) => reason(error, call));
        done = true;
      } catch (error) {
        if (this.#lacksKey(link, error)) throw new VitalsealError('pairing_needed');
        done = isAlready(error);
        if (!done && !isInProgress(error)) throw error;
        if (!done) await this.#guarded(link, pause(Math.min(leftMs, IN_PROGRESS_MS)));
      } finally {
        link.resolved = null;
      }
    }
    link.wasConnected ||= this.#host.objects.device(path)?.connected === true;
  }

  /** The host ended a link that stood, as it does when the device does not know the key of their bond (Core, Vol 1, Part F, 2.6). */
  #lacksKey({ path, wasConnected, cancelled }: Link, error: unknown): boolean {
    return wasConnected && !cancelled && isEndedByHost(error) && this.#host.objects.device(path)?.paired === true;
  }

  async #resolve(link: Link): Promise<void> {
    if (this.#links.get(link.path) !== link) throw new VitalsealError('device_gone');
    if (this.#host.objects.device(link.path)?.resolved === true) return;
    let timer: NodeJS.Timeout | undefined;
    const resolved = new Promise<void>((resolve, reject) => {
      link.resolved = resolve;
      timer = setTimeout(() => reject(new HostError(TIMEOUT)), this.#timeouts.resolveMs);
    });
    await this.#guarded(link, resolved).finally(() => {
      clearTimeout(timer);
      link.resolved = null;
    });
  }

  async #gatt(path: string, handle: string, member: string, signature: string, body: unknown[]) {
    const link = this.#links.get(path);
    if (link?.phase !== 'up' || !link.characteristics.has(handle)) throw new VitalsealError('device_gone');
    try {
      const call = this.#host.call(handle, CHARACTERISTIC, member, signature, body, this.#timeouts.gattMs);
      return await this.#guarded(link, call);
    } catch (error) {
      const tolerated = member === 'StartNotify' && (isInProgress(error) || isAlready(error));
      if (tolerated) return [];
      throw asRadioError(error, 'gatt');
    }
  }

  /** `work`, or device_gone as soon as the link drops. */
  #guarded<T>(link: Link, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      link.waiting.add(reject);
      work.then(resolve, reject).finally(() => link.waiting.delete(reject));
    });
  }

  #drop({ path, address }: KnownDevice): void {
    const link = this.#links.get(path);
    if (link === undefined) return;
    this.#links.delete(path);
    for (const reject of [...link.waiting]) reject(new VitalsealError('device_gone'));
    if (link.phase === 'up') this.#emit({ kind: 'disconnected', address });
  }
}

/** A link that dropped is known first; why it dropped, the host says in its answer to `call`. Throws one or the other. */
async function reason(error: unknown, call: Promise<unknown>): Promise<void> {
  const { code } = asRadioError(error, 'connect');
  if (code === 'device_gone') await Promise.race([call, pause(REASON_MS)]);
  throw error;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
