// Carries the packets of a peripheral out when they are due: the one timer that a transport keeps for it.
import type { Packet, Peripheral } from './peripheral.ts';

export class PacketPump {
  readonly #peripheral: Peripheral;
  readonly #now: () => number;
  readonly #send: (packet: Packet) => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `send` answers whether the link still stands. */
  constructor(peripheral: Peripheral, now: () => number, send: (packet: Packet) => boolean) {
    this.#peripheral = peripheral;
    this.#now = now;
    this.#send = send;
  }

  /** Looks when the next packet is due: to be called whenever something was written or subscribed. */
  arm(): void {
    clearTimeout(this.#timer);
    const next = this.#peripheral.nextMs();
    if (next !== null) this.#timer = setTimeout(() => this.#run(), Math.max(0, next - this.#now()));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    for (const packet of this.#peripheral.due(this.#now())) if (!this.#send(packet)) return;
    this.arm();
  }
}
