// For tests: a radio in memory with scripted peripherals and faults. Nothing happens but what a test asks for, and all in
// this turn's microtasks; what is linked does not advertise, as most do not.
import { type ErrorCode, VitalsealError } from '@vitalseal/ledger';
import type {
  BleAddress,
  GattCharacteristic,
  PairingDialogue,
  Radio,
  RadioEvent,
  RadioFault,
  Sighting,
} from './radio.ts';

export interface Peripheral {
  readonly address: BleAddress;
  readonly characteristics: readonly GattCharacteristic[];
  readonly name?: string;
  readonly services?: readonly string[];
  readonly serviceData?: ReadonlyMap<string, Uint8Array>;
  /** By UUID. */
  readonly values?: ReadonlyMap<string, Uint8Array>;
  /** Refuses to be read or subscribed before. */
  readonly pairs?: boolean;
  /** What it sends after a write: [uuid, bytes] in order. */
  readonly answer?: (uuid: string, bytes: Uint8Array) => readonly (readonly [string, Uint8Array])[];
}

export type RadioCall = 'discover' | 'connect' | 'disconnect' | 'pair' | 'forget' | 'read' | 'write' | 'subscribe';
interface Fault {
  readonly call: RadioCall;
  readonly code: ErrorCode | 'hang';
  left: number;
}

export class MemoryRadio implements Radio {
  readonly linked = new Set<BleAddress>();
  readonly paired = new Set<BleAddress>();
  readonly calls: Record<RadioCall, number> = {
    ...{ discover: 0, connect: 0, disconnect: 0, pair: 0, forget: 0, read: 0, write: 0, subscribe: 0 },
  };
  /** They lost their bond, and the host did not notice. */
  readonly reset = new Set<BleAddress>();
  discovering = false;
  /** The most links at once. */
  mostLinked = 0;
  readonly #peripherals = new Map<BleAddress, Peripheral>();
  readonly #subscribed = new Map<BleAddress, Set<string>>();
  readonly #faults: Fault[] = [];
  #listener: ((event: RadioEvent) => void) | null = null;
  #up: boolean;

  constructor(up = true) {
    this.#up = up;
  }

  add(...peripherals: Peripheral[]): void {
    for (const peripheral of peripherals) this.#peripherals.set(peripheral.address, peripheral);
  }

  /** The next `times` calls end with `code`, or never. */
  fail(call: RadioCall, code: ErrorCode | 'hang', times = 1): void {
    this.#faults.push({ call, code, left: times });
  }

  power(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (!up) this.#cut();
    this.#emit({ kind: up ? 'up' : 'down' });
  }

  /** Each of these that is not linked is heard, while somebody listens. */
  advertise(...addresses: BleAddress[]): void {
    if (!this.discovering || !this.#up) return;
    for (const address of addresses)
      if (!this.linked.has(address)) this.#emit({ kind: 'sighting', sighting: this.#sighting(address) });
  }

  advertiseAll(): void {
    this.advertise(...this.#peripherals.keys());
  }

  notify(address: BleAddress, uuid: string, bytes: Uint8Array): void {
    const handle = this.#peripherals.get(address)?.characteristics.find((one) => one.uuid === uuid)?.handle;
    if (handle !== undefined && this.#subscribed.get(address)?.has(handle) === true)
      this.#emit({ kind: 'value', address, handle, bytes });
  }

  drop(address: BleAddress): void {
    this.#subscribed.delete(address);
    if (this.linked.delete(address)) this.#emit({ kind: 'disconnected', address });
  }

  /** A rotating address was resolved. */
  resolve(from: BleAddress, address: BleAddress): void {
    const peripheral = this.#peripherals.get(from);
    if (peripheral === undefined) return;
    this.#peripherals.delete(from);
    this.#peripherals.set(address, { ...peripheral, address });
    if (this.linked.delete(from)) this.linked.add(address);
    const subscribed = this.#subscribed.get(from);
    if (subscribed !== undefined) this.#subscribed.set(address, subscribed);
    this.#subscribed.delete(from);
    this.#emit({ kind: 'identity', from, address });
  }

  /** A device says that it is another one. */
  claim(from: BleAddress, address: BleAddress): void {
    this.#emit({ kind: 'identity', from, address });
  }

  async start(listener: (event: RadioEvent) => void): Promise<void> {
    this.#listener = listener;
    if (this.#up) this.#emit({ kind: 'up' });
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#cut();
    this.discovering = false;
  }

  fault(): RadioFault | null {
    return this.#up ? null : { fault: 'off', bus: 'unix:path=/bus', adapter: 'hci0', adapters: ['hci0'] };
  }

  async discover(on: boolean): Promise<void> {
    await this.#called('discover');
    this.discovering = on;
  }

  sightings(): readonly Sighting[] {
    return [...this.#peripherals.keys()].map((address) => this.#sighting(address));
  }

  async connect(address: BleAddress): Promise<readonly GattCharacteristic[]> {
    await this.#called('connect');
    const peripheral = this.#peripherals.get(address);
    if (peripheral === undefined) throw new VitalsealError('device_gone');
    this.linked.add(address);
    this.mostLinked = Math.max(this.mostLinked, this.linked.size);
    return peripheral.characteristics;
  }

  async disconnect(address: BleAddress): Promise<void> {
    await this.#called('disconnect');
    this.drop(address);
  }

  async pair(address: BleAddress, dialogue: PairingDialogue | null): Promise<void> {
    await this.#called('pair');
    if (!this.#peripherals.has(address)) throw new VitalsealError('device_gone');
    if (this.paired.has(address)) return;
    if (dialogue === null) throw new VitalsealError('pairing_needed');
    if ((await dialogue({ kind: 'confirm', passkey: '123456' })) !== true) throw new VitalsealError('pairing_failed');
    this.paired.add(address);
    this.linked.add(address);
  }

  async forget(address: BleAddress): Promise<void> {
    await this.#called('forget');
    this.reset.delete(address);
    this.paired.delete(address);
    this.drop(address);
  }

  async read(address: BleAddress, handle: string): Promise<Uint8Array> {
    const { uuid, peripheral } = await this.#over('read', address, handle);
    const bytes = peripheral.values?.get(uuid);
    if (bytes === undefined) throw new VitalsealError('device_gone');
    return bytes;
  }

  async write(address: BleAddress, handle: string, bytes: Uint8Array): Promise<void> {
    const { uuid, peripheral } = await this.#over('write', address, handle);
    const answers = peripheral.answer?.(uuid, bytes) ?? [];
    queueMicrotask(() => {
      for (const [from, value] of answers) this.notify(address, from, value);
    });
  }

  async subscribe(address: BleAddress, handle: string): Promise<void> {
    await this.#over('subscribe', address, handle);
    const handles = this.#subscribed.get(address) ?? new Set();
    this.#subscribed.set(address, handles.add(handle));
  }

  async #over(call: RadioCall, address: BleAddress, handle: string): Promise<{ uuid: string; peripheral: Peripheral }> {
    await this.#called(call);
    const peripheral = this.#peripherals.get(address);
    const uuid = peripheral?.characteristics.find((one) => one.handle === handle)?.uuid;
    if (peripheral === undefined || uuid === undefined || !this.linked.has(address))
      throw new VitalsealError('device_gone');
    const isBonded = this.paired.has(address) && !this.reset.has(address);
    if (peripheral.pairs === true && !isBonded) throw new VitalsealError('pairing_needed');
    return { uuid, peripheral };
  }

  async #called(call: RadioCall): Promise<void> {
    this.calls[call]++;
    if (!this.#up) throw new VitalsealError('radio_unavailable');
    const fault = this.#faults.find((one) => one.call === call && one.left > 0);
    if (fault === undefined) return;
    fault.left--;
    if (fault.code === 'hang') await new Promise(() => {});
    else throw new VitalsealError(fault.code);
  }

  #cut(): void {
    this.linked.clear();
    this.#subscribed.clear();
  }

  #sighting(address: BleAddress): Sighting {
    const { name, services, serviceData } = this.#peripherals.get(address) ?? {};
    return {
      ...{ address, addressType: 'random', name: name ?? null, rssi: -60, services: services ?? [] },
      ...{ serviceData: serviceData ?? new Map(), manufacturerData: new Map() },
      ...{ paired: this.paired.has(address), connected: this.linked.has(address) },
    };
  }

  #emit(event: RadioEvent): void {
    this.#listener?.(event);
  }
}
