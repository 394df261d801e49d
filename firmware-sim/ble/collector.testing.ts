// The other side of a peripheral without a radio: subscribes, reads and writes, and lets time pass.
import { createPeripheral, type PeripheralSpec } from './kinds.ts';
import type { AttError, Characteristic, Packet, Peripheral } from './peripheral.ts';

export const START = Date.UTC(2026, 10, 21, 5, 30);

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export class Collector {
  readonly peripheral: Peripheral;
  now = START;

  constructor(spec: Omit<PeripheralSpec, 'address'>, subscribed: readonly string[] = []) {
    this.peripheral = createPeripheral({ address: 'C0:26:DA:00:00:02', seed: 1, startMs: START, ...spec });
    for (const uuid of subscribed) this.subscribe(uuid);
  }

  find(uuid: string): Characteristic {
    const found = this.peripheral.services.flatMap((s) => s.characteristics).find((c) => c.uuid === uuid);
    if (found === undefined) throw new Error(`no ${uuid}`);
    return found;
  }

  subscribe(uuid: string, on = true): void {
    this.peripheral.subscribe(this.find(uuid), on, this.now);
  }

  read(uuid: string): string {
    return hex(this.find(uuid).read?.(this.now) ?? new Uint8Array());
  }

  write(uuid: string, request: string): void {
    this.find(uuid).write?.(Uint8Array.from(Buffer.from(request, 'hex')), this.now);
  }

  /** The ATT error code that a write is answered with; null: it is taken. */
  refusal(uuid: string, request: string): number | null {
    try {
      this.write(uuid, request);
      return null;
    } catch (error) {
      return (error as AttError).code;
    }
  }

  /** Everything that comes within `ms`. */
  take(ms = 1000): Packet[] {
    this.now += ms;
    return [...this.peripheral.due(this.now)];
  }
}
