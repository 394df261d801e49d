// The strap's scenarios: live values, a link that the strap drops, a bluetoothd that dies.

import { until } from '../../site/until.ts';
import type { Host } from './host.ts';
import { Receiver } from './receiver.ts';
import { exactly, lostAtEnds } from './truth.ts';
import { Wearable } from './wearable.ts';

/** Far above a real strap's, so that something would be lost. */
const PER_SECOND = 50;

export class Strap {
  readonly #wearable: Wearable;
  readonly #receiver = new Receiver();
  readonly #central: string;

  constructor(host: Host) {
    const { central, peripheral } = host.pair(0);
    this.#central = central;
    this.#wearable = new Wearable(peripheral, { kind: 'heart-rate', name: 'Strap', rate: PER_SECOND, seed: 1 });
  }

  /** `firstReadingMs`: since the gateway listens, to a strap that advertises four times a second. */
  async live() {
    await this.#wearable.switchOn();
    await this.#receiver.start(this.#central, this.#wearable.address);
    const listensMs = performance.now();
    await this.#take(5 * PER_SECOND);
    this.#lost();
    const { firstMs, kept } = this.#receiver;
    return { values: kept.length, firstReadingMs: Math.round((firstMs ?? 0) - listensMs) };
  }

  async linkDrop() {
    const before = this.#wearable.sent.length;
    if ((await this.#wearable.drop()) !== 1) throw new Error('there was no link to drop');
    const { reconnectedMs, lost } = await this.#takesUp(before);
    return { reconnectedMs, lostInTheDrop: lost };
  }

  /** `restart`: kills bluetoothd and starts it again; what was on is then switched on again. */
  async hostKilled(restart: () => Promise<void>) {
    const before = this.#wearable.sent.length;
    await restart();
    await this.#wearable.switchOff();
    await this.#wearable.switchOn();
    const { reconnectedMs } = await this.#takesUp(before);
    return { reconnectedMs };
  }

  /** The link ended between packet `before` and now: only of what was sent while it ended may anything be lost. */
  async #takesUp(before: number) {
    const startMs = performance.now();
    await until('the link to end', () => (this.#wearable.ends.at(-1) ?? 0) >= before);
    const ended = this.#wearable.ends.at(-1) as number;
    await until('the first value after it', () => this.#wearable.sent.length > ended, 60);
    const reconnectedMs = Math.round(performance.now() - startMs);
    await this.#take(2 * PER_SECOND);
    return { reconnectedMs, lost: this.#lost() };
  }

  stop(): Promise<void> {
    return this.#receiver.stop();
  }

  /** Waits for so many more values. */
  async #take(count: number): Promise<void> {
    const wanted = this.#receiver.kept.length + count;
    await until(`${count} values`, () => this.#receiver.kept.length >= wanted);
  }

  /**
   * How many values were lost while a link ended. Throws when one is missing that was sent while a link stood, or when any
   * came twice or in another order.
   */
  #lost(): number {
    // In this order: what is sent between the two looks is not missed.
    const kept = this.#receiver.kept.filter((readings) => readings[0]?.endsWith('/min'));
    const packets = this.#wearable.sent.flatMap(({ characteristic, readings }, place) =>
      characteristic.uuid === '2A37' ? [{ place, readings: readings.map(exactly) }] : [],
    );
    const sent = packets.map(({ readings }) => readings);
    const ends = this.#wearable.ends.map((end) => packets.filter(({ place }) => place < end).length);
    const lost = lostAtEnds(sent, kept, ends);
    if (this.#receiver.quarantined > 0) throw new Error(`${this.#receiver.quarantined} values were not understood`);
    return lost;
  }
}
