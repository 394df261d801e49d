// One device as BlueZ sees it: heard, connected, resolved, paired, dropped, forgotten. Carries the packets of its peripheral.
import type { Message } from '@jellybrick/dbus-next';
import { advertised } from '../bus/advertised.bluez.ts';
import { DEVICE } from '../bus/names.ts';
import { BusError, type ObjectServer } from '../bus/object-server.bluez.ts';
import { createPeripheral } from '../kinds.ts';
import type { Packet, Peripheral } from '../peripheral.ts';
import { PacketPump } from '../pump.ts';
import { Tally } from '../tally.ts';
import type { Agents } from './agents.bluez.ts';
import { Bond } from './bond.bluez.ts';
import { deviceObject } from './device-object.bluez.ts';
import { GattTable } from './gatt.bluez.ts';
import { type DeviceFaults, type HostLimits, NO_FAULTS, type OnSent } from './host.ts';
import type { FakeDeviceSpec } from './spec.ts';

const ERROR = 'org.bluez.Error.';
/** What Connect is answered when its link ends: which of the two depends on a race in bluetoothd. */
const CUT_SHORT = ['le-connection-abort-by-local', 'br-connection-canceled'];

/** What a device needs of bluetoothd while it runs. */
export interface Host {
  readonly server: ObjectServer;
  readonly agents: Agents;
  readonly limits: HostLimits;
  readonly adapterPath: string;
  readonly now: () => number;
  readonly onSent: OnSent;
  isPowered(): boolean;
  /** Takes one of the adapter's slots; false when none is free. */
  takeSlot(device: FakeDevice): boolean;
  freeSlot(device: FakeDevice): void;
}

export class FakeDevice {
  readonly spec: FakeDeviceSpec;
  readonly peripheral: Peripheral;
  readonly faults: DeviceFaults = { ...NO_FAULTS };
  /** What it advertises under now. */
  address: string;
  present = true;
  readonly sent = new Tally();
  connections = 0;
  #host: Host | null = null;
  #path = '';
  readonly #bond: Bond;
  #state: 'down' | 'connecting' | 'up' | 'resolved' = 'down';
  #attempt: AbortController | null = null;
  #gatt: GattTable | null = null;
  #pump: PacketPump | null = null;
  #resolving: NodeJS.Timeout | undefined;
  #rssi: number;
  #heardMs = 0;
  /** Drops the link when so many packets have left. */
  #dropAfter: number | null = null;

  constructor(spec: FakeDeviceSpec, atMs: number) {
    this.spec = spec;
    this.address = spec.address;
    this.#rssi = spec.rssi ?? -55;
    this.peripheral = createPeripheral(spec, spec.startMs ?? atMs);
    this.#bond = new Bond(spec);
  }

  get path(): string {
    return this.#path;
  }

  get connected(): boolean {
    return this.#state === 'up' || this.#state === 'resolved';
  }

  get paired(): boolean {
    return this.#bond.exists;
  }

  /** bluetoothd is there: it remembers those it is bonded with. */
  attach(host: Host): void {
    this.#host = host;
    if (this.paired) this.#export(this.spec.identity ?? this.address);
  }

  /** bluetoothd is gone, and the link with it. */
  detach(): void {
    this.#end();
    this.#gatt = null;
    this.#path = '';
    this.#host = null;
  }

  /** An advertisement reaches the adapter. */
  heard(): void {
    const host = this.#host;
    if (host === null || !this.present || this.connected) return;
    this.#heardMs = host.now();
    if (this.#path === '') {
      this.#export(this.address);
      return;
    }
    // A wearer moves: the strength of the signal wanders by a few dB.
    this.#rssi = Math.min(-35, Math.max(-95, this.#rssi + ((this.#heardMs % 5) - 2)));
    const { serviceData, manufacturerData } = advertised(this.peripheral, host.now());
    host.server.change(this.#path, DEVICE, {
      RSSI: this.#rssi,
      ...(serviceData && { ServiceData: serviceData }),
      ...(manufacturerData && { ManufacturerData: manufacturerData }),
    });
  }

  /** Discovery ended: the strength of a signal nobody listens to is not known; one not heard for long is forgotten. */
  unheard(): void {
    if (this.#path !== '') this.#host?.server.change(this.#path, DEVICE, { RSSI: undefined });
  }

  /** Forgets it, if nothing was heard of it for too long. */
  expire(): void {
    const host = this.#host;
    if (host === null || this.#path === '' || this.paired || this.#state !== 'down') return;
    if (host.now() - this.#heardMs > host.limits.temporaryMs) this.remove();
  }

  /** Adapter1.RemoveDevice. */
  remove(): void {
    this.drop();
    this.#bond.forget();
    if (this.#path !== '') this.#host?.server.remove(this.#path);
    this.#path = '';
    this.#gatt = null;
  }

  /** A program left the bus. */
  gone(sender: string): void {
    this.#gatt?.gone(sender);
  }

  /** The link ends, as when the wearer walks away; an attempt to connect fails. */
  drop(): void {
    const was = this.#state;
    this.#end();
    if (was === 'resolved') this.#change({ ServicesResolved: false });
    if (was === 'resolved' || was === 'up') this.#change({ Connected: false });
  }

  /** It is reset, and forgets with whom it is bonded. */
  loseKey(): void {
    this.#bond.loseKey();
    this.drop();
  }

  dropAfter(packets: number): void {
    this.#dropAfter = packets;
  }

  /** It advertises under another address from now on; what was known of the old one is left to be forgotten. */
  rotate(address: string): void {
    this.drop();
    this.address = address;
    if (this.paired) return; // resolved: bluetoothd knows who it is
    if (this.#path !== '') this.#host?.server.remove(this.#path);
    this.#path = '';
    this.#gatt = null;
  }

  /** The device got new measurements to send by other means than a request: look again when the next packet is due. */
  wake(): void {
    if (this.#state === 'resolved') this.#pump?.arm();
  }

  #export(address: string): void {
    const host = this.#host;
    if (host === null) return;
    this.#path = `${host.adapterPath}/dev_${address.replaceAll(':', '_')}`;
    const object = deviceObject({
      ...{ peripheral: this.peripheral, adapterPath: host.adapterPath, address, atMs: host.now(), paired: this.paired },
      addressType: this.spec.addressType ?? 'random',
      rssi: this.#heardMs === 0 ? undefined : this.#rssi,
      trust: (on) => this.#change({ Trusted: on }),
      methods: {
        Connect: { takes: [], gives: '', call: () => this.connect() },
        Disconnect: { takes: [], gives: '', call: () => this.drop() },
        Pair: { takes: [], gives: '', call: ({ sender }: Message) => this.#pair(host, sender) },
        CancelPairing: { takes: [], gives: '', call: () => this.#bond.cancel() },
      },
    });
    host.server.add(this.#path, object);
  }

  /** Device1.Connect. */
  async connect(): Promise<void> {
    const host = this.#host;
    if (!host?.isPowered()) throw new BusError(`${ERROR}NotReady`, 'Resource Not Ready');
    if (this.connected) return;
    if (this.#state === 'connecting') throw new BusError(`${ERROR}InProgress`, 'In Progress');
    if (!host.takeSlot(this)) throw new BusError(`${ERROR}Failed`, 'le-connection-concurrent-connection-limit');
    this.#state = 'connecting';
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const { connectMs, connectTimeoutMs } = host.limits;
    const reachable = this.present && !this.faults.connectHangs;
    const wait = this.faults.connectHangs ? 2 ** 31 - 1 : reachable ? connectMs : connectTimeoutMs;
    await elapsed(wait, signal);
    if (signal.aborted || !reachable) {
      if (!signal.aborted) this.#end();
      throw new BusError(`${ERROR}Failed`, 'le-connection-abort-by-local');
    }
    this.#state = 'up';
    this.connections++;
    this.#change({ Connected: true });
    if (this.#bond.keyLost) {
      // As bluetoothd 5.66: the link cannot be encrypted, and so it ends it, and says one thing or the other.
      this.drop();
      throw new BusError(`${ERROR}Failed`, CUT_SHORT[this.connections % CUT_SHORT.length] ?? '');
    }
    if (this.spec.asksSecurity !== undefined) void this.#askSecurity(host);
    if (!this.faults.resolveNever) this.#resolving = setTimeout(() => this.#resolve(host), host.limits.resolveMs);
  }

  #resolve(host: Host): void {
    this.#state = 'resolved';
    this.#gatt ??= new GattTable({
      ...{ server: host.server, peripheral: this.peripheral, faults: this.faults, now: host.now },
      path: () => this.#path,
      isUp: () => this.#state === 'resolved',
      security: () => this.#bond.security,
      elevate: () => this.#elevate(host),
      changed: () => this.#pump?.arm(),
    });
    this.#pump = new PacketPump(this.peripheral, host.now, (packet) => this.#send(host, packet));
    this.#gatt.resolved();
    this.#change({ ServicesResolved: true });
  }

  /** Answers whether the link still stands. */
  #send(host: Host, packet: Packet): boolean {
    if (this.faults.silent) return true;
    this.#gatt?.notify(packet);
    this.sent.add(packet);
    host.onSent(this.spec.address, packet, this.peripheral);
    if (this.#dropAfter === null || --this.#dropAfter > 0) return true;
    this.#dropAfter = null;
    this.drop();
    return false;
  }

  async #pair(host: Host, sender: string): Promise<void> {
    this.#bond.check();
    if (!this.connected) await this.connect();
    await this.#bond.make(host.agents, sender, this.#path);
    this.#bonded();
  }

  async #elevate(host: Host): Promise<'as-it-was' | 'paired' | 'refused'> {
    if (this.paired || this.#bond.running) return 'as-it-was';
    const made = await this.#bond.make(host.agents, '', this.#path).then(
      () => true,
      () => false,
    );
    if (made) this.#bonded();
    return made ? 'paired' : 'refused';
  }

  async #askSecurity(host: Host): Promise<void> {
    const elevated = await this.#elevate(host);
    if (elevated === 'refused' && this.spec.asksSecurity === 'insists') this.drop();
  }

  #bonded(): void {
    this.#change({ Paired: true, Bonded: true });
    // A resolvable private address: the identity came with the keys, and the object keeps its path.
    if (this.spec.identity !== undefined) this.#change({ Address: this.spec.identity });
  }

  #end(): void {
    this.#pump?.stop();
    this.#pump = null;
    clearTimeout(this.#resolving);
    this.#state = 'down';
    this.#attempt?.abort();
    this.#attempt = null;
    this.#bond.abort();
    this.#host?.freeSlot(this);
    this.peripheral.disconnected(this.#host?.now() ?? 0);
  }

  #change(values: Record<string, unknown>): void {
    if (this.#path !== '') this.#host?.server.change(this.#path, DEVICE, values);
  }
}

/** Resolves after `ms`, or at once when aborted. */
function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
