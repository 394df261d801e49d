// Gives the adapter's slots to sessions and asks them back: the queue decides, this tells, with one timer.
import type { SessionDriver } from './driver.ts';
import type { BleLimits } from './limits.ts';
import { SlotQueue } from './queue.ts';
import type { After } from './timers.ts';

export interface SlotPorts {
  readonly limits: BleLimits;
  readonly nowMs: () => number;
  readonly after: After;
  readonly driverOf: (device: string) => SessionDriver | null;
  /** The host answers, and more is taken. */
  readonly isOpen: () => boolean;
}

export class Slots {
  readonly #ports: SlotPorts;
  readonly #queue: SlotQueue;
  #undo: (() => void) | null = null;

  constructor(ports: SlotPorts) {
    this.#ports = ports;
    this.#queue = new SlotQueue(ports.limits);
  }

  request(device: string, short: boolean): void {
    this.#queue.request(device, short);
    this.grant();
  }

  release(device: string): void {
    this.#queue.release(device, this.#ports.nowMs());
    this.grant();
  }

  /** The device is gone for good. */
  forget(device: string): void {
    this.#queue.forget(device);
    this.grant();
  }

  /** Gives away what is free. */
  grant(): void {
    const { driverOf, isOpen, nowMs } = this.#ports;
    while (isOpen()) {
      const device = this.#queue.grant(nowMs());
      if (device === null) break;
      const driver = driverOf(device);
      if (driver === null) this.#queue.forget(device);
      else driver.hear({ kind: 'granted' });
    }
    this.turns();
  }

  /** Whose turn is over makes room for who waits. To be called too when a session's occupation changed. */
  turns(): void {
    const { driverOf, isOpen, nowMs, limits, after } = this.#ports;
    this.rest();
    while (isOpen()) {
      const asked = this.#queue.overdue(nowMs(), (device) =>
        driverOf(device)?.state.phase === 'live' ? 'live' : 'busy',
      );
      if (asked === null) return;
      if ('inMs' in asked) {
        this.#undo = after(asked.inMs, () => {
          this.#undo = null;
          this.turns();
        });
        return;
      }
      driverOf(asked.leave)?.hear({ kind: 'pause', forMs: limits.yieldMs, why: 'yield' });
    }
  }

  /** No timer runs on. */
  rest(): void {
    this.#undo?.();
    this.#undo = null;
  }
}
