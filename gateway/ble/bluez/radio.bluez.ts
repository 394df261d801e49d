// The Radio over BlueZ: one connection to the system bus, on which this file wires host, adapter, discovery, links and
// agent, and paces what is reported of devices that are heard.
//
//   Bus ─ Host ─┬─ Adapter ─ up / down
//               ├─ Discovery ─ SightingPace ─ sighting
//               ├─ Links ─ value, disconnected
//               └─ Agent ─ questions of a pairing
import { VitalsealError } from '@vitalseal/ledger';
import type { BleAddress, PairingDialogue, Radio, RadioEvent, RadioFault, Sighting } from '../radio.ts';
import { Adapter } from './adapter.bluez.ts';
import { Agent } from './agent.bluez.ts';
import { type KnownDevice, sightingOf } from './device.ts';
import { Discovery } from './discovery.bluez.ts';
import { asRadioError, HostError } from './errors.ts';
import { Host } from './host.bluez.ts';
import { Links } from './links.bluez.ts';
import { ADAPTER, type HostChange } from './objects.ts';
import { SightingPace } from './pace.ts';
import { type BluezTimeouts, DEFAULT_TIMEOUTS } from './timeouts.ts';

export interface BluezRadioOptions {
  /** `unix:path=…`; null: where the system bus is by default. */
  readonly busAddress: string | null;
  /** `hci0` */
  readonly adapter: string;
  readonly timeouts?: Partial<BluezTimeouts>;
  /** Whether the adapter may be switched on, and off and on when discovery has stalled. Default true. */
  readonly power?: boolean;
  /** Codes and counts only. */
  readonly log: (message: string, detail: object) => void;
}

const SYSTEM_BUS = 'unix:path=/var/run/dbus/system_bus_socket';
/** Between two looks whether late news of devices may be reported. */
const LATE_MS = 100;

/** Throws `config_invalid` when `adapter` is no name of one. An adapter that was switched on stays on. */
export function bluezRadio(options: BluezRadioOptions): Radio {
  if (!/^hci\d{1,3}$/.test(options.adapter))
    throw new VitalsealError('config_invalid', 'an adapter is named like hci0');
  return new BluezRadio(options);
}

class BluezRadio implements Radio {
  readonly #host: Host;
  readonly #adapter: Adapter;
  readonly #discovery: Discovery;
  readonly #links: Links;
  readonly #agent: Agent;
  readonly #where: Pick<RadioFault, 'bus' | 'adapter'>;
  readonly #timeouts: BluezTimeouts;
  readonly #log: BluezRadioOptions['log'];
  readonly #pace = new SightingPace();
  #late: NodeJS.Timeout | undefined;
  #listener: (event: RadioEvent) => void = () => {};
  #stopped = false;

  constructor({ busAddress, adapter, power = true, log, ...options }: BluezRadioOptions) {
    const timeouts: BluezTimeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    const bus = busAddress ?? SYSTEM_BUS;
    this.#where = { bus, adapter };
    this.#timeouts = timeouts;
    this.#log = log;
    this.#host = new Host(
      { busAddress: bus, adapterPath: `/org/bluez/${adapter}`, timeouts, log },
      {
        attached: () => this.#adapter.changed(),
        detached: () => {
          this.#agent.lost();
          this.#adapter.changed();
        },
        changed: (change) => this.#changed(change),
        asked: (call) => this.#agent.asked(call),
      },
    );
    this.#adapter = new Adapter(
      this.#host,
      { timeouts, power, log },
      { up: () => this.#up(), down: () => this.#down() },
    );
    this.#discovery = new Discovery(this.#host, this.#adapter, { timeouts, log, links: () => this.#links.size });
    this.#links = new Links(this.#host, this.#discovery, timeouts, (event) => this.#emit(event));
    this.#agent = new Agent(this.#host, timeouts, {
      log,
      // Whoever imitates a bonded device may not have its bond made anew.
      mayPair: (path) => this.#links.has(path) && this.#host.objects.device(path)?.paired !== true,
      unasked: (path) => this.#links.wantsPerson(path),
    });
  }

  start(listener: (event: RadioEvent) => void): Promise<void> {
    this.#listener = listener;
    return this.#host.start();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#listener = () => {};
    clearTimeout(this.#late);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, this.#timeouts.callMs);
    });
    const ended = [this.#discovery.stop(), this.#links.stop(), this.#agent.unregister()];
    await Promise.race([Promise.allSettled(ended), patience]);
    clearTimeout(timer);
    this.#adapter.stop();
    await this.#host.stop();
    this.#links.lost();
    this.#pace.clear();
  }

  fault(): RadioFault | null {
    const { fault } = this.#adapter;
    return fault === null ? null : { fault, ...this.#where, adapters: this.#host.objects.adapters };
  }

  discover(on: boolean): Promise<void> {
    return this.#discovery.want(on);
  }

  sightings(): readonly Sighting[] {
    return Array.from(this.#host.objects.devices(), sightingOf);
  }

  async connect(address: BleAddress) {
    return this.#links.connect(this.#device(address));
  }

  async disconnect(address: BleAddress): Promise<void> {
    this.#mustBeUp();
    const device = this.#host.objects.deviceAt(address);
    if (device) await this.#links.disconnect(device);
  }

  async pair(address: BleAddress, dialogue: PairingDialogue | null): Promise<void> {
    const device = this.#device(address);
    // Else the device would show its digits once more, to nobody.
    if (dialogue === null && this.#links.wantedPerson(device.path)) throw new VitalsealError('pairing_needed');
    if (device.paired) return;
    await this.#agent.pair(device, dialogue).finally(() => this.#links.madeByPairing(device.path));
  }

  async forget(address: BleAddress): Promise<void> {
    this.#mustBeUp();
    const device = this.#host.objects.deviceAt(address);
    if (device === null) return;
    const { callMs } = this.#timeouts;
    await this.#host
      .call(this.#host.adapterPath, ADAPTER, 'RemoveDevice', 'o', [device.path], callMs)
      .catch((error) => {
        if (!(error instanceof HostError) || !error.error.endsWith('.DoesNotExist')) throw asRadioError(error, 'host');
      });
  }

  async read(address: BleAddress, handle: string): Promise<Uint8Array> {
    return this.#links.read(this.#device(address).path, handle);
  }

  async write(address: BleAddress, handle: string, bytes: Uint8Array): Promise<void> {
    await this.#links.write(this.#device(address).path, handle, bytes);
  }

  async subscribe(address: BleAddress, handle: string): Promise<void> {
    await this.#links.subscribe(this.#device(address).path, handle);
  }

  #mustBeUp(): void {
    if (!this.#adapter.up || this.#stopped) throw new VitalsealError('radio_unavailable');
  }

  #device(address: BleAddress): KnownDevice {
    this.#mustBeUp();
    const device = this.#host.objects.deviceAt(address);
    if (device === null) throw new VitalsealError('device_gone');
    return device;
  }

  #emit(event: RadioEvent): void {
    try {
      this.#listener(event);
    } catch (error) {
      // Whatever it is about, what the host says next must still be understood.
      this.#log('an event of the radio was not taken', { kind: event.kind, error: (error as Error)?.name });
    }
  }

  #up(): void {
    void this.#agent.register();
    this.#discovery.up();
    this.#emit({ kind: 'up' });
  }

  #down(): void {
    this.#discovery.down();
    this.#links.lost();
    this.#pace.clear();
    this.#emit({ kind: 'down' });
  }

  #changed(change: HostChange): void {
    switch (change.kind) {
      case 'adapter':
        this.#adapter.changed();
        this.#discovery.changed();
        return;
      case 'heard':
        this.#heard(change.device, change.fresh);
        return;
      case 'link':
        this.#links.changed(change.device);
        this.#agent.changed(change.device);
        return;
      case 'gone':
        this.#pace.forget(change.device.path);
        this.#links.gone(change.device);
        this.#agent.changed(change.device, true);
        return;
      case 'bond':
        // A device with a link is not heard by listening.
        if (change.device.connected) this.#emit({ kind: 'sighting', sighting: sightingOf(change.device) });
        return;
      case 'identity':
        this.#emit(change);
        return;
      case 'value':
        this.#links.value(change.device, change.handle, change.bytes);
        return;
      case 'unknown':
    }
  }

  #heard(device: KnownDevice, fresh: boolean): void {
    const nowMs = performance.now();
    this.#discovery.heard(nowMs);
    if (this.#pace.heard(device.path, fresh, nowMs)) this.#emit({ kind: 'sighting', sighting: sightingOf(device) });
    if (this.#pace.waits) this.#late ??= setTimeout(() => this.#reportLate(), LATE_MS);
  }

  #reportLate(): void {
    this.#late = undefined;
    if (this.#stopped) return;
    for (const path of this.#pace.due(performance.now())) {
      const device = this.#host.objects.device(path);
      if (device) this.#emit({ kind: 'sighting', sighting: sightingOf(device) });
    }
    if (this.#pace.waits) this.#late = setTimeout(() => this.#reportLate(), LATE_MS);
  }
}
