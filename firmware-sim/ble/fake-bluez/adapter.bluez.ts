// Adapter1: power, discovery sessions of programs, and the advertisements that are heard while anybody discovers.
import type { Message, Variant } from '@jellybrick/dbus-next';
import { ADAPTER, longUuid } from '../bus/names.ts';
import { BusError, type BusObject, type ObjectServer } from '../bus/object-server.bluez.ts';
import type { FakeDevice } from './device.bluez.ts';
import type { HostLimits } from './host.ts';

const ERROR = 'org.bluez.Error.';

export class FakeAdapter {
  readonly path: string;
  readonly #server: ObjectServer;
  readonly #devices: () => readonly FakeDevice[];
  readonly #limits: HostLimits;
  readonly #address: string;
  /** Discovery filter (UUIDs, or empty) by program. */
  readonly #sessions = new Map<string, readonly string[]>();
  readonly #filters = new Map<string, readonly string[]>();
  readonly #links = new Set<FakeDevice>();
  #powered: boolean;
  /** Discovery says that it runs, and hears nothing, until the power goes off. */
  #stalled = false;
  /** By rfkill: nobody can switch it on. */
  #blocked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    name: string;
    address: string;
    powered: boolean;
    server: ObjectServer;
    limits: HostLimits;
    devices: () => readonly FakeDevice[];
  }) {
    this.path = `/org/bluez/${options.name}`;
    this.#address = options.address;
    this.#server = options.server;
    this.#limits = options.limits;
    this.#devices = options.devices;
    this.#powered = options.powered;
  }

  get powered(): boolean {
    return this.#powered;
  }

  get discovering(): boolean {
    return this.#sessions.size > 0;
  }

  object(): BusObject {
    return {
      [ADAPTER]: {
        properties: {
          Address: ['s', this.#address],
          AddressType: ['s', 'public'],
          Name: ['s', 'simulated'],
          Alias: ['s', 'simulated'],
          Class: ['u', 0],
          Powered: ['b', this.#powered],
          Discoverable: ['b', false],
          Pairable: ['b', true],
          Discovering: ['b', false],
          UUIDs: ['as', []],
          Modalias: ['s', 'usb:v1D6Bp0246d0542'],
          Roles: ['as', ['central', 'peripheral']],
        },
        methods: {
          StartDiscovery: { takes: [], gives: '', call: ({ sender }) => this.#start(sender) },
          StopDiscovery: { takes: [], gives: '', call: ({ sender }) => this.#stop(sender) },
          SetDiscoveryFilter: { takes: ['a{sv}'], gives: '', call: (message) => this.#filter(message) },
          GetDiscoveryFilters: { takes: [], gives: 'as', call: () => ['UUIDs', 'RSSI', 'Transport', 'DuplicateData'] },
          RemoveDevice: { takes: ['o'], gives: '', call: ({ body }) => this.#remove(body[0] as string) },
        },
        settable: {
          Powered: (value) => this.#power(value === true),
          Alias: (value) => this.#server.change(this.path, ADAPTER, { Alias: value }),
          Discoverable: (value) => this.#server.change(this.path, ADAPTER, { Discoverable: value }),
          Pairable: (value) => this.#server.change(this.path, ADAPTER, { Pairable: value }),
        },
      },
    };
  }

  /** Off: all links end and nobody discovers any more. */
  setPowered(on: boolean): void {
    if (on === this.#powered) return;
    this.#powered = on;
    if (!on) {
      this.#stalled = false;
      for (const device of this.#devices()) device.drop();
      this.#sessions.clear();
      this.#look();
    }
    this.#server.change(this.path, ADAPTER, { Powered: on });
  }

  /** As rfkill does: off, and not to be switched on until it is taken back. */
  block(on: boolean): void {
    this.#blocked = on;
    if (on) this.setPowered(false);
  }

  /** Discovery goes deaf; who starts it again is told InProgress. Ends when the power is cycled. */
  stall(): void {
    this.#stalled = true;
  }

  takeSlot(device: FakeDevice): boolean {
    if (this.#links.size >= this.#limits.slots) return false;
    this.#links.add(device);
    return true;
  }

  freeSlot(device: FakeDevice): void {
    this.#links.delete(device);
  }

  /** A program left the bus. */
  gone(sender: string): void {
    this.#filters.delete(sender);
    if (this.#sessions.delete(sender)) this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #power(on: boolean): void {
    if (on && this.#blocked) throw new BusError(`${ERROR}Blocked`, 'Blocked through rfkill');
    this.setPowered(on);
  }

  #start(sender: string): void {
    if (!this.#powered) throw new BusError(`${ERROR}NotReady`, 'Resource Not Ready');
    if (this.#stalled || this.#sessions.has(sender)) {
      throw new BusError(`${ERROR}InProgress`, 'Operation already in progress');
    }
    this.#sessions.set(sender, this.#filters.get(sender) ?? []);
    this.#look();
  }

  #stop(sender: string): void {
    if (!this.#powered) throw new BusError(`${ERROR}NotReady`, 'Resource Not Ready');
    if (this.#stalled) throw new BusError(`${ERROR}InProgress`, 'Operation already in progress');
    if (!this.#sessions.delete(sender)) throw new BusError(`${ERROR}Failed`, 'No discovery started');
    this.#look();
  }

  #filter({ sender, body }: Message): void {
    const wanted = (body[0] as Record<string, Variant | undefined>).UUIDs?.value;
    const uuids = Array.isArray(wanted) ? wanted.map(String).map(longUuid) : [];
    this.#filters.set(sender, uuids);
    if (this.#sessions.has(sender)) this.#sessions.set(sender, uuids);
  }

  #remove(path: string): void {
    const device = this.#devices().find((known) => known.path === path);
    if (device === undefined) throw new BusError(`${ERROR}DoesNotExist`, 'Does Not Exist');
    device.remove();
  }

  /** Starts or ends the listening, as the sessions want it. */
  #look(): void {
    const was = this.#server.get(this.path, ADAPTER, 'Discovering');
    if (was === this.discovering) return;
    this.#server.change(this.path, ADAPTER, { Discovering: this.discovering });
    clearInterval(this.#timer);
    if (this.discovering) {
      this.#listen();
      this.#timer = setInterval(() => this.#listen(), this.#limits.advertiseMs);
    } else {
      for (const device of this.#devices()) device.unheard();
    }
  }

  #listen(): void {
    if (this.#stalled) return;
    const filters = [...this.#sessions.values()];
    const all = filters.some((uuids) => uuids.length === 0);
    for (const device of this.#devices()) {
      const { services } = device.peripheral.advertisement(0);
      if (all || filters.flat().some((uuid) => services.map(longUuid).includes(uuid))) device.heard();
      device.expire();
    }
  }
}
