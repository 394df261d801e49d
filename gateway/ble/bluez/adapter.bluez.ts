// The adapter: on where that is ours to do, off and on where discovery has stalled, and the one place that knows whether
// the radio is up.
import type { RadioFaultCode } from '../radio.ts';
import { asRadioError, isBlocked } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { ADAPTER } from './objects.ts';
import type { BluezTimeouts } from './timeouts.ts';

export interface AdapterListener {
  up(): void;
  down(): void;
}

export interface AdapterOptions {
  readonly timeouts: BluezTimeouts;
  /** Whether to switch it on when it is off, and to cycle its power. */
  readonly power: boolean;
  readonly log: (message: string, detail: object) => void;
}

export class Adapter {
  readonly #host: Host;
  readonly #options: AdapterOptions;
  readonly #listener: AdapterListener;
  #up = false;
  #stopped = false;
  #cycling = false;
  #switching = false;
  #blocked = false;
  #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host, options: AdapterOptions, listener: AdapterListener) {
    this.#host = host;
    this.#options = options;
    this.#listener = listener;
    this.#pauseMs = options.timeouts.retryMinMs;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Why it is not up; null while it is, and before the host was looked for. */
  get fault(): RadioFaultCode | null {
    if (!this.#host.attached) return this.#host.fault;
    if (this.#up) return null;
    if (this.#host.objects.adapter === null) return 'no-adapter';
    return this.#blocked ? 'blocked' : 'off';
  }

  /** The host came, went, or says other things of the adapter. */
  changed(): void {
    const powered = this.#host.attached && this.#host.objects.adapter?.powered === true;
    if (this.#stopped) return;
    if (powered === this.#up) {
      if (!powered) this.#switchOn();
      return;
    }
    this.#up = powered;
    if (powered) {
      this.#blocked = false;
      this.#pauseMs = this.#options.timeouts.retryMinMs;
      this.#listener.up();
    } else {
      this.#listener.down();
      this.#switchOn();
    }
  }

  /** Off and on again: what helps a controller that hears nothing more. All links end. Never throws. */
  async cycle(): Promise<void> {
    if (!this.#options.power || !this.#up || this.#cycling) return;
    this.#cycling = true;
    this.#options.log('the adapter is switched off and on', {});
    try {
      await this.#set(false);
      await new Promise((resolve) => setTimeout(resolve, this.#options.timeouts.offMs));
    } catch (error) {
      this.#options.log('the adapter cannot be switched off', { code: asRadioError(error, 'host').code });
    } finally {
      this.#cycling = false;
      this.changed();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A person may have switched it off, or a kill switch: tried again ever more rarely. */
  #switchOn(): void {
    const possible = this.#options.power && this.#host.attached && this.#host.objects.adapter !== null;
    if (!possible || this.#cycling || this.#switching) return;
    this.#switching = true;
    clearTimeout(this.#timer);
    this.#set(true)
      .catch((error: unknown) => {
        this.#blocked = isBlocked(error);
        this.#options.log('the adapter cannot be switched on', { code: asRadioError(error, 'host').code });
      })
      .finally(() => {
        this.#switching = false;
        if (this.#stopped || this.#up) return;
        this.#timer = setTimeout(() => this.changed(), this.#pauseMs);
        this.#pauseMs = Math.min(2 * this.#pauseMs, this.#options.timeouts.retryMaxMs);
      });
  }

  #set(powered: boolean): Promise<void> {
    return this.#host.set(this.#host.adapterPath, ADAPTER, 'Powered', 'b', powered);
  }
}
