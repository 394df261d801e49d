// Counts what left a device, the same for a fake BlueZ and for a real adapter.
import type { Packet } from './peripheral.ts';

export interface Sent {
  readonly packets: number;
  /** Of the undamaged packets. */
  readonly readings: number;
  /** How many of the packets were damaged on purpose. */
  readonly damaged: number;
}

export class Tally implements Sent {
  packets = 0;
  readings = 0;
  damaged = 0;

  add(packet: Packet): void {
    this.packets++;
    this.readings += packet.readings.length;
    if (packet.damaged === true) this.damaged++;
  }
}
