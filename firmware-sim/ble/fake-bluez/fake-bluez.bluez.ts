// A fake org.bluez on a bus of one's own: simulated devices that any BlueZ client can find, connect and read, and everything
// that can go wrong with them, on command.
import type { Message, MessageBus } from '@jellybrick/dbus-next';
import { addMatch, connectBus } from '../bus/connection.bluez.ts';
import { BusError, ObjectServer } from '../bus/object-server.bluez.ts';
import type { Peripheral } from '../peripheral.ts';
import type { Sent } from '../tally.ts';
import { FakeAdapter } from './adapter.bluez.ts';
import { Agents } from './agents.bluez.ts';
import { FakeDevice } from './device.bluez.ts';
import { type DeviceFaults, type HostLimits, USUAL_LIMITS } from './host.ts';
import type { FakeBluezOptions } from './options.ts';
import type { FakeDeviceSpec } from './spec.ts';

const NAME = 'org.bluez';
const DO_NOT_QUEUE = 4;
const PRIMARY_OWNER = 1;

/** Devices are named by the address that their specification gives, also after it was rotated. */
export class FakeBluez {
  readonly #options: FakeBluezOptions;
  readonly #limits: HostLimits;
  readonly #devices = new Map<string, FakeDevice>();
  readonly #failures: { method: string; error: BusError | null; address: string | null }[] = [];
  /** Calls by method name since the start. */
  readonly calls = new Map<string, number>();
  #bus: MessageBus | null = null;
  #server: ObjectServer | null = null;
  #adapter: FakeAdapter | null = null;
  #agents: Agents | null = null;

  constructor(options: FakeBluezOptions) {
    this.#options = options;
    this.#limits = { ...USUAL_LIMITS, ...options.limits };
    for (const spec of options.peripherals) this.add(spec);
  }

  /** Takes the name org.bluez. Throws Error when the bus is not there or another has it. */
  async start(): Promise<void> {
    const { busAddress, adapter: name = 'hci0', powered = true, now = Date.now, onSent = () => {} } = this.#options;
    const bus = await connectBus(busAddress, () => {
      if (this.#bus === bus) this.#options.onLost?.();
    });
    const server = new ObjectServer(bus, '/');
    server.intercept = (message) => this.#intercept(message);
    const agents = new Agents(bus, this.#limits.agentMs);
    const adapter = new FakeAdapter({
      ...{ name, powered, server, address: '00:1A:7D:DA:71:11', limits: this.#limits },
      devices: () => [...this.#devices.values()],
    });
    server.add('/org/bluez', agents.object());
    server.add(adapter.path, adapter.object());
    this.#bus = bus;
    this.#server = server;
    this.#adapter = adapter;
    this.#agents = agents;
    for (const device of this.#devices.values()) {
      device.attach({
        ...{ server, agents, limits: this.#limits, adapterPath: adapter.path, now, onSent },
        isPowered: () => adapter.powered,
        takeSlot: (which) => adapter.takeSlot(which),
        freeSlot: (which) => adapter.freeSlot(which),
      });
    }
    bus.on('message', (message: Message) => this.#watch(message));
    await addMatch(bus, "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''");
    const reply = await bus.requestName(NAME, DO_NOT_QUEUE);
    if (reply === PRIMARY_OWNER) return;
    await this.stop();
    throw new Error(`${NAME} is taken on this bus`);
  }

  /** The name is gone at once, without a word about the devices: as when bluetoothd is killed. `start` begins anew. */
  async stop(): Promise<void> {
    const bus = this.#bus;
    if (bus === null) return;
    this.#server?.close();
    this.#adapter?.close();
    for (const device of this.#devices.values()) device.detach();
    this.#bus = null;
    this.#server = null;
    this.#adapter = null;
    this.#agents = null;
    // A name is gone when the daemon says so; a dead bus says nothing.
    await Promise.race([bus.releaseName(NAME).catch(() => {}), delay(200)]);
    bus.disconnect();
  }

  /** Another device, there from now on; before `start` only. */
  add(spec: FakeDeviceSpec): void {
    this.#devices.set(spec.address, new FakeDevice(spec, (this.#options.now ?? Date.now)()));
  }

  peripheral(address: string): Peripheral {
    return this.#device(address).peripheral;
  }

  /** What left it. */
  sent(address: string): Sent {
    return { ...this.#device(address).sent };
  }

  isConnected(address: string): boolean {
    return this.#device(address).connected;
  }

  isPaired(address: string): boolean {
    return this.#device(address).paired;
  }

  /** Links that this device ever had. */
  connections(address: string): number {
    return this.#device(address).connections;
  }

  get discovering(): boolean {
    return this.#adapter?.discovering ?? false;
  }

  get powered(): boolean {
    return this.#adapter?.powered ?? false;
  }

  /** Programs that have an agent here. */
  get agents(): number {
    return this.#agents?.registered ?? 0;
  }

  /** How many questions agents were asked since it started. */
  get questions(): number {
    return this.#agents?.questions ?? 0;
  }

  /** The link ends; the device goes on advertising. */
  drop(address: string): void {
    this.#device(address).drop();
  }

  /** The link ends when so many more packets have left. */
  dropAfter(address: string, packets: number): void {
    this.#device(address).dropAfter(packets);
  }

  /** The device is reset, and forgets with whom it is bonded. */
  loseKey(address: string): void {
    this.#device(address).loseKey();
  }

  /** Out of reach: the link ends and nothing is heard any more. */
  vanish(address: string): void {
    const device = this.#device(address);
    device.present = false;
    device.drop();
  }

  appear(address: string): void {
    this.#device(address).present = true;
  }

  /** Another address; `peripheral` and the rest know it by the first one still. */
  rotate(address: string, to: string): void {
    this.#device(address).rotate(to);
  }

  setFaults(address: string, faults: Partial<DeviceFaults>): void {
    Object.assign(this.#device(address).faults, faults);
  }

  /** So many live packets a second; null: its own rhythm. */
  flood(address: string, perSecond: number | null): void {
    const device = this.#device(address);
    device.peripheral.setRate(perSecond);
    device.wake();
  }

  /** A measurement was made or stored by hand on the peripheral: look whether packets are due. */
  wake(address: string): void {
    this.#device(address).wake();
  }

  setPowered(on: boolean): void {
    this.#adapter?.setPowered(on);
  }

  /** By rfkill: the adapter goes off, and whoever switches it on is refused. */
  setBlocked(on: boolean): void {
    this.#adapter?.block(on);
  }

  /** Discovery goes deaf and answers InProgress until the adapter's power was off. */
  stallDiscovery(): void {
    this.#adapter?.stall();
  }

  /** The next call of `method` (`Connect`, `StartNotify` …; of one device where an address is given) fails so. */
  failNext(method: string, errorName: string, address: string | null = null, text = errorName): void {
    this.#failures.push({ method, error: new BusError(errorName, text), address });
  }

  /** The next call of `method` is never answered. */
  hangNext(method: string, address: string | null = null): void {
    this.#failures.push({ method, error: null, address });
  }

  #device(address: string): FakeDevice {
    const device = this.#devices.get(address);
    if (device === undefined) throw new Error(`no simulated device has the address ${address}`);
    return device;
  }

  #intercept({ member, path }: Message): Promise<void> {
    this.calls.set(member, (this.calls.get(member) ?? 0) + 1);
    const concerns = (address: string | null) => {
      if (address === null) return true;
      const at = this.#device(address).path;
      return at !== '' && (path === at || path.startsWith(`${at}/`));
    };
    const found = this.#failures.findIndex(({ method, address }) => method === member && concerns(address));
    if (found < 0) return Promise.resolve();
    const [failure] = this.#failures.splice(found, 1);
    return failure?.error ? Promise.reject(failure.error) : new Promise(() => {});
  }

  /** A program that left the bus leaves nothing behind: no discovery, no subscription, no agent. */
  #watch({ member, sender, body }: Message): void {
    if (sender !== 'org.freedesktop.DBus' || member !== 'NameOwnerChanged') return;
    const [name, , owner] = body as [string, string, string];
    if (owner !== '') return;
    this.#adapter?.gone(name);
    this.#agents?.gone(name);
    for (const device of this.#devices.values()) device.gone(name);
  }
}

/** Simulated devices behind a fake org.bluez on the bus at `busAddress`. Throws Error when it cannot be reached. */
export async function startFakeBluez(options: FakeBluezOptions): Promise<FakeBluez> {
  const bluez = new FakeBluez(options);
  await bluez.start();
  return bluez;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
