// A simulated wearable on a peripheral adapter, and what it has sent: the truth that the gateway's side is held against.

import {
  createPeripheral,
  type GattServer,
  type Packet,
  type Peripheral,
  type PeripheralSpec,
  startGattServer,
} from '@vitalseal/firmware-sim';
import { until } from '../../site/until.ts';
import { BUS_ADDRESS } from './host.ts';

/** Real devices advertise that often when they want to be connected. */
const READVERTISE_MS = 250;

export class Wearable {
  /** In order, over all links. */
  readonly sent: Packet[] = [];
  /** How many had been sent when each link had ended. */
  readonly ends: number[] = [];
  /** The device itself. */
  readonly made: Peripheral;
  readonly #serve: () => Promise<GattServer>;
  #server: GattServer | null = null;

  /** Called after each packet. */
  onSent: () => void = () => {};

  constructor(adapter: string, spec: Omit<PeripheralSpec, 'address'>) {
    const made = createPeripheral({ ...spec, address: '00:00:00:00:00:00' });
    this.made = made;
    const disconnected = (atMs: number) => {
      this.ends.push(this.sent.length);
      made.disconnected(atMs);
    };
    const peripheral = { ...made, disconnected };
    const onSent = (packet: Packet) => {
      this.sent.push(packet);
      this.onSent();
    };
    const options = {
      busAddress: BUS_ADDRESS,
      adapter,
      peripheral,
      onSent,
      readvertiseMs: READVERTISE_MS,
    };
    this.#serve = () => startGattServer(options);
  }

  /** Advertises as soon as there is a bluetoothd with its adapter. */
  async switchOn(): Promise<void> {
    this.#server = await until('an adapter for the wearable', this.#serve, 20);
  }

  async switchOff(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  get address(): string {
    if (this.#server === null) throw new Error('the wearable is switched off');
    return this.#server.address;
  }

  /** It ends its link; answers how many there were. */
  async drop(): Promise<number> {
    return (await this.#server?.disconnectCentrals()) ?? 0;
  }
}
