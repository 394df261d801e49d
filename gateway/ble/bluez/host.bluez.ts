// The host behind the bus: finds org.bluez, reads its objects once, and keeps them from three match rules for everything.
// Goes on by itself when bluetoothd ends and comes back, when it stops answering, and when the bus itself dies.
import { Variant } from '@jellybrick/dbus-next';
import { TokenBucket } from '../../token-bucket.ts';
import type { RadioFaultCode } from '../radio.ts';
import { type Answer, type AskedCall, BUS, BUS_PATH, Bus, type Signal } from './bus.bluez.ts';
import type { Properties } from './device.ts';
import { HostError, isDenied, LOST, nameOf, TIMEOUT } from './errors.ts';
import { DEVICE, type HostChange, HostObjects } from './objects.ts';
import { Pauses } from './pauses.ts';
import type { BluezTimeouts } from './timeouts.ts';

export const BLUEZ = 'org.bluez';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager';
const PEER = 'org.freedesktop.DBus.Peer';

const RULES = [
  `type='signal',sender='${BLUEZ}',path_namespace='/org/bluez'`,
  `type='signal',sender='${BLUEZ}',interface='${OBJECT_MANAGER}'`,
  `type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${BLUEZ}'`,
];
/** A bus that does not answer any more holds nobody up who leaves. */
const GOODBYE_MS = 1000;
/** Pings of the host in a row that may stay unanswered. */
const MISSES = 2;
/** Devices a second that are asked for because something was heard of them and they are not kept. */
const ASKED_PER_SECOND = 20;

export interface HostListener {
  /** The host answers, and its objects are known. */
  attached(): void;
  /** It is gone; all calls were rejected, and its objects mean nothing any more. */
  detached(): void;
  changed(change: HostChange): void;
  /** BlueZ calls the agent. */
  asked(call: AskedCall): Promise<Answer>;
}

export interface HostOptions {
  /** `unix:path=…`. */
  readonly busAddress: string;
  readonly adapterPath: string;
  readonly timeouts: BluezTimeouts;
  readonly log: (message: string, detail: object) => void;
}

export class Host {
  readonly adapterPath: string;
  readonly #options: HostOptions;
  readonly #listener: HostListener;
  readonly #asking: TokenBucket;
  #objects: HostObjects;
  #bus: Bus | null = null;
  /** Unique name of bluetoothd's connection; empty when there is none. */
  #owner = '';
  #attached = false;
  #misses = 0;
  #stopped = false;
  readonly #pauses = new Pauses();
  /** What is amiss, and was logged. */
  #fault: RadioFaultCode | null = null;

  constructor(options: HostOptions, listener: HostListener) {
    this.adapterPath = options.adapterPath;
    this.#options = options;
    this.#listener = listener;
    this.#objects = new HostObjects(options.adapterPath);
    this.#asking = new TokenBucket(ASKED_PER_SECOND, ASKED_PER_SECOND, performance.now());
  }

  get objects(): HostObjects {
    return this.#objects;
  }

  get attached(): boolean {
    return this.#attached;
  }

  /** Between the bus and the host's objects; null once these are known. */
  get fault(): RadioFaultCode | null {
    return this.#fault;
  }

  /** Resolves when the host was looked for once, found or not. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.#run(resolve));
  }

  /** Never throws. Signals end, and no timer or socket is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pauses.end();
    const bus = this.#bus;
    if (bus === null) return;
    await Promise.allSettled(RULES.map((rule) => this.#busCall(bus, 'RemoveMatch', rule, () => {}, GOODBYE_MS)));
    bus.close();
  }

  /** A method of BlueZ. Throws HostError, LOST when there is no host now. */
  call(path: string, of: string, member: string, signature: string, body: unknown[], limitMs: number) {
    const bus = this.#bus;
    if (bus === null || !this.#attached) return Promise.reject(new HostError(LOST));
    return bus.call({ destination: this.#owner, path, interface: of, member, signature, body, limitMs });
  }

  /** Sets a property of type `signature`. Throws as `call`. */
  async set(path: string, of: string, property: string, signature: string, value: unknown): Promise<void> {
    const body = [of, property, new Variant(signature, value)];
    await this.call(path, PROPERTIES, 'Set', 'ssv', body, this.#options.timeouts.callMs);
  }

  async #run(lookedOnce: () => void): Promise<void> {
    const { busAddress, timeouts } = this.#options;
    let pauseMs = timeouts.retryMinMs;
    while (!this.#stopped) {
      try {
        const bus = await Bus.open(busAddress, timeouts.callMs);
        const ended = new Promise<void>((resolve) => {
          bus.onLost = resolve;
        });
        await this.#serve(bus);
        lookedOnce();
        pauseMs = timeouts.retryMinMs;
        await ended;
        this.#complain('no-bus', 'the system bus is gone');
      } catch (error) {
        this.#complain('no-bus', 'the system bus cannot be used', { error: nameOf(error) });
      }
      this.#bus?.close();
      this.#bus = null;
      this.#lose();
      lookedOnce();
      await this.#pauses.of(pauseMs);
      pauseMs = Math.min(2 * pauseMs, timeouts.retryMaxMs);
    }
  }

  async #serve(bus: Bus): Promise<void> {
    this.#bus = bus;
    if (this.#stopped) throw new HostError(LOST);
    const beat = setInterval(() => void this.#beat(bus), this.#options.timeouts.heartbeatMs);
    const { onLost } = bus;
    bus.onLost = () => {
      clearInterval(beat);
      onLost();
    };
    bus.onSignal = (signal) => this.#signalled(bus, signal);
    bus.onCall = async (call) => {
      if (call.sender !== this.#owner) throw new HostError('org.freedesktop.DBus.Error.AccessDenied');
      return this.#listener.asked(call);
    };
    for (const rule of RULES) await this.#busCall(bus, 'AddMatch', rule);
    await this.#busCall(bus, 'GetNameOwner', BLUEZ, (body) => this.#ownedBy(String(body[0]))).catch(
      (error: unknown) => {
        if (!(error instanceof HostError) || error.error === LOST || error.error === TIMEOUT) throw error;
        this.#complain('no-host', 'bluetoothd does not run');
      },
    );
    if (this.#owner !== '') await this.#attach(bus);
  }

  #busCall(
    bus: Bus,
    member: string,
    argument: string,
    atAnswer: (body: readonly unknown[]) => void = () => {},
    limitMs = this.#options.timeouts.callMs,
  ) {
    const at = { destination: BUS, path: BUS_PATH, interface: BUS };
    return bus.call({ ...at, member, signature: 's', body: [argument], limitMs, atAnswer });
  }

  #ownedBy(owner: string): void {
    if (owner === this.#owner) return;
    this.#lose();
    this.#owner = owner;
  }

  #lose(): void {
    const was = this.#attached;
    if (this.#owner !== '') this.#bus?.failCalls(this.#owner);
    this.#owner = '';
    this.#attached = false;
    this.#misses = 0;
    if (!was) return;
    this.#objects = new HostObjects(this.adapterPath);
    this.#listener.detached();
  }

  /** Reads what BlueZ exports; tries again as long as the same host is there and does not answer. */
  async #attach(bus: Bus): Promise<void> {
    const owner = this.#owner;
    const { callMs, retryMinMs } = this.#options.timeouts;
    const call = { destination: owner, path: '/', interface: OBJECT_MANAGER, member: 'GetManagedObjects' };
    try {
      await bus.call({ ...call, limitMs: callMs, atAnswer: (body) => this.#read(owner, body[0]) });
    } catch (error) {
      if (this.#owner !== owner || this.#bus !== bus || this.#stopped) return;
      const fault = isDenied(error) ? 'denied' : 'silent';
      this.#complain(fault, 'bluetoothd does not answer', { error: nameOf(error) });
      await this.#pauses.of(retryMinMs);
      if (this.#owner === owner && this.#bus === bus && !this.#attached && !this.#stopped) void this.#attach(bus);
    }
  }

  /** Before the next signal is looked at: those before it are in the answer, those after it are not. */
  #read(owner: string, objects: unknown): void {
    if (this.#owner !== owner || this.#attached || this.#stopped) return;
    const found = Object.entries((objects ?? {}) as Record<string, Record<string, Properties>>);
    this.#objects = new HostObjects(this.adapterPath);
    this.#attached = true;
    this.#misses = 0;
    this.#fault = null;
    for (const [path, interfaces] of found.sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#objects.added(path, interfaces, true);
    }
    this.#listener.attached();
  }

  #signalled(bus: Bus, { sender, path, interface: of, member, body }: Signal): void {
    if (sender === BUS && of === BUS && member === 'NameOwnerChanged' && body[0] === BLUEZ) {
      this.#ownedBy(String(body[2]));
      if (this.#owner === '') this.#complain('no-host', 'bluetoothd does not run');
      else void this.#attach(bus);
      return;
    }
    // A rule names the sender, but anybody on the bus may send a signal to us alone.
    if (sender !== this.#owner || !this.#attached) return;
    const [first, second, third] = body;
    const lists = Array.isArray(third) ? third : [];
    if (of === OBJECT_MANAGER && member === 'InterfacesAdded') {
      this.#tell(this.#objects.added(String(first), (second ?? {}) as Record<string, Properties>));
    } else if (of === OBJECT_MANAGER && member === 'InterfacesRemoved') {
      this.#tell(this.#objects.removed(String(first), Array.isArray(second) ? second : []));
    } else if (of === PROPERTIES && member === 'PropertiesChanged') {
      const { ServicesResolved: resolved, ...others } = (second ?? {}) as Properties;
      const look = first === DEVICE && resolved === true;
      const properties = look ? others : ((second ?? {}) as Properties);
      this.#tell(this.#objects.changed(path, String(first), properties, lists));
      if (look) this.#look(path, true);
    }
  }

  #tell(changes: readonly HostChange[]): void {
    for (const change of changes) {
      if (change.kind === 'unknown') this.#ask(change.path);
      else this.#listener.changed(change);
    }
  }

  #ask(path: string): void {
    if (this.#asking.take(1, performance.now())) this.#look(path, false);
  }

  /**
   * BlueZ says that services are resolved before it has told of them all, and forgets to say that a device is connected when
   * the link was faster than the news of it; but it tells all that it holds before it answers a call.
   */
  #look(path: string, remembered: boolean): void {
    const atAnswer = ([properties]: readonly unknown[]) => {
      if (this.#attached) this.#tell(this.#objects.added(path, { [DEVICE]: properties as Properties }, remembered));
    };
    const call = { destination: this.#owner, path, interface: PROPERTIES, member: 'GetAll', signature: 's', atAnswer };
    this.#bus?.call({ ...call, body: [DEVICE], limitMs: this.#options.timeouts.callMs }).catch(() => {});
  }

  /** A daemon that was killed, or a host that hangs, does not always say so. */
  async #beat(bus: Bus): Promise<void> {
    const limitMs = this.#options.timeouts.callMs;
    try {
      await bus.call({ destination: BUS, path: BUS_PATH, interface: BUS, member: 'GetId', limitMs });
    } catch {
      bus.close();
      return;
    }
    const owner = this.#owner;
    if (owner === '') return;
    try {
      await bus.call({ destination: owner, path: '/', interface: PEER, member: 'Ping', limitMs });
    } catch (error) {
      if (!(error instanceof HostError) || error.error !== TIMEOUT || this.#owner !== owner) return;
      this.#misses += 1;
      if (this.#misses < MISSES || !this.#attached) return;
      this.#complain('silent', 'bluetoothd does not answer', { error: TIMEOUT });
      this.#lose();
      this.#owner = owner;
      void this.#attach(bus);
    }
    this.#misses = 0;
  }

  /** The same once, until the host is there again. */
  #complain(fault: RadioFaultCode, message: string, detail: object = {}): void {
    if (this.#stopped || this.#fault === fault) return;
    this.#fault = fault;
    this.#options.log(message, detail);
  }
}
