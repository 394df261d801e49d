// Whether the radio listens for advertisements: one call under way at a time, asked again after a failure.
import type { After } from './timers.ts';

export interface DiscoveryPorts {
  readonly discover: (on: boolean) => Promise<void>;
  readonly after: After;
  readonly nowMs: () => number;
}

const AGAIN_MS = 5_000;

export class DiscoverySwitch {
  readonly #ports: DiscoveryPorts;
  #wanted = false;
  /** What the radio was last told with success; null: not known. */
  #told: boolean | null = null;
  #up = false;
  #underWay = false;
  #held = false;
  #heldUntilMs = 0;
  #undoHold: (() => void) | null = null;
  #undo: (() => void) | null = null;

  constructor(ports: DiscoveryPorts) {
    this.#ports = ports;
  }

  want(on: boolean): void {
    this.#wanted = on;
    this.#apply();
  }

  /** On for so long at least: somebody looks around. A longer hold is not made shorter by its being asked for again. */
  hold(ms: number): void {
    this.#held = true;
    const until = this.#ports.nowMs() + ms;
    if (this.#undoHold !== null && until < this.#heldUntilMs) return;
    this.#undoHold?.();
    this.#heldUntilMs = until;
    this.#undoHold = this.#ports.after(ms, () => {
      this.#undoHold = null;
      this.#held = false;
      this.#apply();
    });
    this.#apply();
  }

  /** The host is there, new maybe: it is told again. */
  up(): void {
    this.#up = true;
    this.#told = null;
    this.#apply();
  }

  down(): void {
    this.#up = false;
    this.#rest();
  }

  /** For good. */
  stop(): void {
    this.down();
    this.#undoHold?.();
    this.#undoHold = null;
  }

  #rest(): void {
    this.#undo?.();
    this.#undo = null;
  }

  #apply(): void {
    const on = this.#wanted || this.#held;
    if (!this.#up || this.#underWay || this.#undo !== null || this.#told === on) return;
    this.#underWay = true;
    this.#ports.discover(on).then(
      () => {
        this.#told = on;
        this.#underWay = false;
        this.#apply();
      },
      () => {
        this.#told = null;
        this.#underWay = false;
        if (!this.#up) return;
        this.#undo = this.#ports.after(AGAIN_MS, () => {
          this.#undo = null;
          this.#apply();
        });
      },
    );
  }
}
