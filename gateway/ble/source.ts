// The source of readings over Bluetooth: who is heard is judged by the allow list, waits for a slot, and is read by a
// session of its own.
//
//   radio ─ sighting ─► allow list ─┬─ advertised ──────────────────────────┐
//           value ─► flood ─► session driver ─► session machine ─ deliver ─► intake ─► sink ─► (commit) ─ settled
//                                   └─ slot queue                                                          └► cursor
//
// Nothing in the way of a live value waits, and nothing here grows with what strangers send.
import { isVitalsealError } from '@vitalseal/ledger';
import type { ClockReader, ReadingSink, Source } from '../contract.ts';
import { Account, newTally } from './account.ts';
import { AllowList, sameRule } from './allow.ts';
import { Arrivals } from './arrivals.ts';
import { ByHand } from './by-hand.ts';
import type { BleDirectory, BleStatus, RecordCursors } from './directory.ts';
import { DiscoverySwitch } from './discovery.ts';
import { type DriverPorts, SessionDriver } from './driver.ts';
import { HeardBook } from './heard.ts';
import { Intake } from './intake.ts';
import { hangUpLeftovers } from './leftovers.ts';
import { type BleLimits, DEFAULT_BLE_LIMITS } from './limits.ts';
import type { PairingOutcome } from './pairing.ts';
import { isShort } from './queue.ts';
import type { BleAddress, PairingDialogue, Radio, RadioEvent, RadioFault, Sighting } from './radio.ts';
import { SESSION_LIMITS } from './session/state.ts';
import { Slots } from './slots.ts';
import { statusOf } from './standing.ts';
import type { After } from './timers.ts';
import { Uptime } from './uptime.ts';

export interface BleOptions {
  readonly radio: Radio;
  readonly devices: BleDirectory;
  readonly cursors: RecordCursors;
  readonly clock: ClockReader;
  /** 32 secret bytes that live outside the database: what records are recognised with. */
  readonly hashKey: Uint8Array;
  /** Calls back once, after `ms`; the answer undoes it. */
  readonly after: After;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits?: Partial<BleLimits> | undefined;
  readonly log: (message: string, detail: object) => void;
}

const LEASE_MS = 10_000;
const START_AGAIN_MS = 30_000;

export class BleSource implements Source {
  readonly #options: BleOptions;
  readonly #limits: BleLimits;
  readonly #allow = new AllowList();
  readonly #heard: HeardBook;
  readonly #slots: Slots;
  readonly #arrivals: Arrivals;
  readonly #discovery: DiscoverySwitch;
  readonly #byHand: ByHand;
  readonly #uptime: Uptime;
  readonly #tally = newTally();
  readonly #drivers = new Map<string, SessionDriver>();
  /** Removed, and still hanging up. */
  readonly #closing = new Set<SessionDriver>();
  /** Whose link, or attempt at one, is at an address. */
  readonly #links = new Map<BleAddress, SessionDriver>();
  #undoStart: (() => void) | null = null;
  #running: { intake: Intake; ports: DriverPorts } | null = null;
  #taking = false;
  #whenClosed: (() => void) | null = null;

  constructor(options: BleOptions) {
    const limits = { ...DEFAULT_BLE_LIMITS, ...options.limits };
    const { radio, after, clock, log } = options;
    const driverOf = (device: string) => this.#drivers.get(device) ?? null;
    this.#options = options;
    this.#limits = limits;
    this.#heard = new HeardBook(limits.heard);
    this.#uptime = new Uptime(radio, () => this.#nowMs());
    this.#slots = new Slots({
      ...{ limits, after, driverOf },
      nowMs: () => this.#nowMs(),
      isOpen: () => this.#uptime.isUp && this.#taking,
    });
    this.#arrivals = new Arrivals({
      ...{ allow: this.#allow, heard: this.#heard, clock, tally: this.#tally, log, driverOf },
      isHeld: (device) => this.#byHand.has(device),
    });
    this.#discovery = new DiscoverySwitch({
      ...{ after, nowMs: () => this.#nowMs() },
      discover: (on) => radio.discover(on),
    });
    this.#byHand = new ByHand({
      ...{ radio, limits, after, driverOf },
      addressOf: (device) => this.#allow.addressOf(device),
      heardAt: (device) => this.#heardAt(device),
      paired: (address) => this.#heard.paired(address),
      forgotten: (address) => this.#heard.forget(address),
      changed: () => this.#discover(),
    });
  }

  /** Resolves when it listens, or goes on trying to: a machine without Bluetooth is no error. */
  async start(sink: ReadingSink): Promise<void> {
    const { radio, cursors, clock, hashKey, after, random, log } = this.#options;
    const tally = this.#tally;
    const intake = new Intake({ sink, clock, hashKey, tally, inFlight: this.#limits.inFlight, after });
    const ports: DriverPorts = {
      ...{ radio, cursors, clock, hashKey, intake, tally, after, random, log },
      limits: { ...SESSION_LIMITS, ...this.#limits.session },
      addressOf: (device) => this.#allow.addressOf(device),
      requestSlot: (driver) => this.#requestSlot(driver),
      releaseSlot: (driver) => this.#slots.release(driver.rule.device),
      linked: (driver, from, to) => this.#linked(driver, from, to),
      changed: (driver) => this.#changed(driver),
    };
    this.#running = { intake, ports };
    this.#taking = true;
    this.devicesChanged();
    await this.#listen();
  }

  /** Takes no more, lets what is in flight settle for a bounded time, then hangs up. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#taking = false;
    this.#undoStart?.();
    this.#slots.rest();
    await running.intake.idle(this.#limits.stopMs);
    this.#running = null;
    for (const driver of [...this.#drivers.values()]) this.#remove(driver);
    await this.#closed();
    for (const driver of this.#closing) driver.dispose();
    this.#discovery.stop();
    await this.#options.radio.stop();
  }

  counters(): Record<string, number> {
    const links = [...this.#drivers.values()].filter(({ state }) => state.link !== null).length;
    return { ble_devices: this.#drivers.size, ble_links: links, ...this.#tally };
  }

  /** The allow list changed: what was removed is hung up at once, what is new is looked for. */
  devicesChanged(): void {
    const running = this.#running;
    if (running === null || !this.#taking) return;
    const rules = this.#options.devices.list();
    for (const driver of [...this.#drivers.values()]) {
      const rule = rules.find(({ device }) => device === driver.rule.device);
      if (rule === undefined || !sameRule(rule, driver.rule)) this.#remove(driver);
    }
    this.#allow.set(rules);
    const leaving = new Set([...this.#closing].map(({ rule }) => rule.device));
    for (const rule of rules) {
      if (this.#drivers.has(rule.device) || leaving.has(rule.device)) continue;
      const account = new Account(rule.device, this.#limits, this.#nowMs());
      this.#drivers.set(rule.device, new SessionDriver(running.ports, rule, account));
    }
    this.#hangUpLeftovers();
    this.#discover();
  }

  /** Each device of the allow list. */
  status(): readonly BleStatus[] {
    const nowMs = this.#nowMs();
    return [...this.#drivers].map(([device, driver]) => {
      const address = driver.address ?? this.#allow.addressOf(device);
      const heard = address === null ? null : this.#heard.get(address);
      const where = { address, heard, advertises: this.#arrivals.isBroadcaster(device) };
      return statusOf({ driver, ...where, nowMs, radioUp: this.#uptime.isUp });
    });
  }

  /** Why there is no radio; null while there is one, and before it was looked for. */
  fault(): RadioFault | null {
    return this.#uptime.fault;
  }

  /** What is around; listens for it for `leaseMs` more. Throws `radio_unavailable`: see `fault`. */
  sightings(leaseMs = LEASE_MS): readonly Sighting[] {
    this.#uptime.demand();
    this.#discovery.hold(leaseMs);
    const heard = this.#heard.since(Math.max(this.#nowMs() - this.#limits.heardMs, this.#uptime.upSinceMs));
    // What has a link does not advertise: what was heard of it before says nothing of the link.
    const linked = this.#options.radio.sightings().filter(({ connected }) => connected);
    const isLinked = new Set(linked.map(({ address }) => address));
    return [...heard.filter(({ address }) => !isLinked.has(address)), ...linked];
  }

  /** Throws `device_unknown`, `device_gone`, what Radio.pair does, and `cancelled` by `signal`: see ByHand.pair. */
  pair(device: string, dialogue: PairingDialogue, signal?: AbortSignal): Promise<PairingOutcome> {
    return this.#uptime.during(() => this.#byHand.pair(device, dialogue, signal));
  }

  /** Drops the link and the bond of a device, also of one that was just removed. Throws what Radio.forget does. */
  forget = (device: string): Promise<void> => this.#byHand.forget(device);

  async #listen(): Promise<void> {
    try {
      await this.#options.radio.start((event) => this.#hear(event));
    } catch (error) {
      this.#options.log('bluetooth: no radio', { code: isVitalsealError(error) ? error.code : 'internal' });
      if (this.#taking) this.#undoStart = this.#options.after(START_AGAIN_MS, () => void this.#listen());
    }
  }

  #hear(event: RadioEvent): void {
    const running = this.#running;
    const link = 'address' in event ? this.#links.get(event.address) : undefined;
    switch (event.kind) {
      case 'value':
        return void (this.#taking && link && this.#arrivals.value(link, event.handle, event.bytes));
      case 'sighting':
        if (running === null || !this.#taking) return;
        return void (this.#arrivals.sighting(event.sighting, running.intake) && this.#byHand.look());
      case 'disconnected':
        return void link?.hear({ kind: 'dropped' });
      case 'identity':
        this.#heard.identity(event.from, event.address);
        if (!this.#links.has(event.address)) this.#links.get(event.from)?.moved(event.address);
        this.#allow.identity(event.from, event.address);
        return;
      case 'up':
        this.#uptime.up();
        this.#discovery.up();
        this.#hangUpLeftovers();
        return void this.#slots.grant();
      case 'down':
        this.#uptime.down();
        this.#discovery.down();
        for (const driver of [...this.#drivers.values(), ...this.#closing]) driver.hear({ kind: 'radioDown' });
    }
  }

  #hangUpLeftovers(): void {
    // A link that pairing by hand makes is nobody's for a while.
    if (!this.#uptime.isUp || this.#byHand.count > 0) return;
    const isBusy = (device: string) => this.#drivers.get(device)?.isBusy === true;
    hangUpLeftovers(this.#options.radio, this.#allow, this.#links, isBusy, this.#nowMs());
  }

  #linked(driver: SessionDriver, from: BleAddress | null, to: BleAddress | null): void {
    if (from !== null && this.#links.get(from) === driver) this.#links.delete(from);
    if (to !== null) this.#links.set(to, driver);
  }

  #requestSlot({ rule: { device } }: SessionDriver): void {
    const address = this.#allow.addressOf(device);
    const services = address === null ? [] : (this.#heard.get(address)?.sighting.services ?? []);
    this.#slots.request(device, isShort(services));
  }

  #changed(driver: SessionDriver): void {
    if (driver.state.phase === 'stopped') {
      driver.dispose();
      this.#slots.forget(driver.rule.device);
      this.#closing.delete(driver);
      if (this.#closing.size === 0) this.#whenClosed?.();
      this.devicesChanged();
    }
    if (driver.state.phase === 'live') this.#slots.turns();
    this.#discover();
    this.#byHand.look();
  }

  #remove(driver: SessionDriver): void {
    const { device } = driver.rule;
    const address = driver.address ?? this.#allow.addressOf(device) ?? driver.rule.match.address;
    this.#byHand.removed(device, address);
    this.#drivers.delete(device);
    this.#closing.add(driver);
    this.#arrivals.forget(device);
    driver.hear({ kind: 'stop' });
  }

  #closed(): Promise<void> {
    if (this.#closing.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const undo = this.#options.after(this.#limits.stopMs, resolve);
    this.#whenClosed = resolve;
    return promise.finally(undo);
  }

  /** On while a device that may be connected is not, or somebody looks around. */
  #discover(): void {
    if (!this.#taking) return;
    let on = this.#byHand.count > 0;
    for (const driver of this.#drivers.values()) on ||= !driver.isBusy;
    this.#discovery.want(on);
  }

  #heardAt(device: string): BleAddress | null {
    const address = this.#allow.addressOf(device);
    const heard = address === null ? null : this.#heard.get(address);
    return heard !== null && heard.atMs >= this.#nowMs() - this.#limits.heardMs ? address : null;
  }

  #nowMs(): number {
    return this.#options.clock.now().monotonicMs;
  }
}
