// Whether the radio is up, since when it is not, and why: nobody who asks for it waits long for one that does not come.
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import type { Radio, RadioFault } from './radio.ts';

/** A host gets so long to answer before it is said that there is none. */
const PATIENCE_MS = 3_000;

export class Uptime {
  readonly #radio: Pick<Radio, 'fault'>;
  readonly #nowMs: () => number;
  #isUp = false;
  #upSinceMs = Number.NEGATIVE_INFINITY;
  #downSinceMs: number;

  constructor(radio: Pick<Radio, 'fault'>, nowMs: () => number) {
    this.#radio = radio;
    this.#nowMs = nowMs;
    this.#downSinceMs = nowMs();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** See Radio.fault. */
  get fault(): RadioFault | null {
    return this.#isUp ? null : this.#radio.fault();
  }

  /** Monotonic ms of the latest start of the host: what was heard before, another one heard. */
  get upSinceMs(): number {
    return this.#upSinceMs;
  }

  up(): void {
    this.#isUp = true;
    this.#upSinceMs = this.#nowMs();
  }

  down(): void {
    if (this.#isUp) this.#downSinceMs = this.#nowMs();
    this.#isUp = false;
  }

  /** Throws `radio_unavailable` when it has been down for so long that nobody should wait. */
  demand(): void {
    if (!this.#isUp && this.#nowMs() - this.#downSinceMs > PATIENCE_MS) throw new VitalsealError('radio_unavailable');
  }

  /** As `demand`, then `work`. A device that is gone while the radio is down is not to blame: `radio_unavailable` too. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.demand();
    try {
      return await work();
    } catch (error) {
      throw !this.#isUp && isVitalsealError(error, 'device_gone') ? new VitalsealError('radio_unavailable') : error;
    }
  }
}
