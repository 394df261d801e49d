// Discovery that stays on while it is wanted: after a recovery of the host, after InProgress, and after it went deaf while
// it said that it runs. BlueZ keeps one session of discovery for each connection to the bus; this is ours.
import { Variant } from '@jellybrick/dbus-next';
import type { Adapter } from './adapter.bluez.ts';
import { asRadioError, isInProgress } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { ADAPTER } from './objects.ts';
import type { BluezTimeouts } from './timeouts.ts';

/** How much rarer power cycles get as long as none helps. */
const RAREST = 16;

export interface DiscoveryOptions {
  readonly timeouts: BluezTimeouts;
  readonly log: (message: string, detail: object) => void;
  /** Links that stand or are being made: they take the air, so that silence means nothing. */
  readonly links: () => number;
}

export class Discovery {
  readonly #host: Host;
  readonly #adapter: Adapter;
  readonly #options: DiscoveryOptions;
  #wanted = false;
  #stopped = false;
  /** Connects under way that must not be disturbed. */
  #paused = 0;
  /** BlueZ has our session. */
  #running = false;
  #work: Promise<void> = Promise.resolve();
  #heardMs = 0;
  /** Restarts since something was heard. */
  #restarts = 0;
  #cycledMs = Number.NEGATIVE_INFINITY;
  #cycleEveryMs: number;
  #pauseMs: number;
  #retry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(host: Host, adapter: Adapter, options: DiscoveryOptions) {
    this.#host = host;
    this.#adapter = adapter;
    this.#options = options;
    this.#pauseMs = options.timeouts.retryMinMs;
    this.#cycleEveryMs = options.timeouts.cycleEveryMs;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Resolves when it was started or stopped, or when that failed and will be tried again. Never throws. */
  want(on: boolean): Promise<void> {
    this.#wanted = on;
    return this.#settle();
  }

  /** The adapter is up: discovery goes on, if wanted. */
  up(): void {
    this.#running = false;
    void this.#settle();
  }

  /** The host or the adapter is gone, and our session with it. */
  down(): void {
    this.#running = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
  }

  /** Something was heard. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#restarts = 0;
    this.#cycleEveryMs = this.#options.timeouts.cycleEveryMs;
  }

  /** The adapter says whether it discovers. Real ones stop for moments; only a stop that lasts is one. */
  changed(): void {
    if (!this.#running || this.#host.objects.adapter?.discovering !== false) return;
    this.#again(() => {
      if (this.#running && this.#host.objects.adapter?.discovering === false) return this.#restart();
      return undefined;
    });
  }

  /** Does `work` with discovery stopped, for controllers that cannot do both. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.#paused += 1;
    try {
      await this.#settle();
      return await work();
    } finally {
      this.#paused -= 1;
      void this.#settle();
    }
  }

  /** Never throws. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.want(false);
    this.down();
  }

  #settle(): Promise<void> {
    this.#work = this.#work.then(() => this.#apply());
    return this.#work;
  }

  async #apply(): Promise<void> {
    const { log } = this.#options;
    const should = this.#wanted && this.#paused === 0 && this.#adapter.up;
    if (should === this.#running || !this.#adapter.up) return;
    clearTimeout(this.#retry);
    if (!should) {
      this.#running = false;
      clearTimeout(this.#watch);
      await this.#call('StopDiscovery').catch(() => {});
      return;
    }
    try {
      await this.#filter();
      await this.#call('StartDiscovery').catch(async (error: unknown) => {
        if (!isInProgress(error)) throw error;
        // A session of ours that BlueZ did not end, or a controller that is stuck: end it, and once more.
        await this.#call('StopDiscovery').catch(() => {});
        await this.#call('StartDiscovery');
      });
      this.#running = this.#adapter.up;
      this.#pauseMs = this.#options.timeouts.retryMinMs;
      this.#listen();
    } catch (error) {
      log('discovery does not start', { code: asRadioError(error, 'host').code });
      if (isInProgress(error)) await this.#cycle();
      this.#again(() => this.#settle());
    }
  }

  #listen(): void {
    this.#heardMs = performance.now();
    this.#look();
  }

  /** Looks after a while whether anything was heard. */
  #look(): void {
    clearTimeout(this.#watch);
    if (!this.#running || this.#stopped) return;
    const { stallMs, restartsBeforeCycle } = this.#options.timeouts;
    if (this.#options.links() > 0) this.#heardMs = performance.now();
    const leftMs = this.#heardMs + stallMs - performance.now();
    if (leftMs > 0) {
      this.#watch = setTimeout(() => this.#look(), leftMs);
      return;
    }
    this.#restarts += 1;
    this.#options.log('discovery hears nothing', { restarts: this.#restarts });
    void this.#restart(this.#restarts > restartsBeforeCycle);
  }

  #restart(cycle = false): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (!this.#running) return;
      this.#running = false;
      await this.#call('StopDiscovery').catch(() => {});
      if (cycle) await this.#cycle();
    });
    return this.#settle();
  }

  /** Bounded in number, and never while somebody is connected. */
  async #cycle(): Promise<void> {
    const nowMs = performance.now();
    if (this.#options.links() > 0 || nowMs - this.#cycledMs < this.#cycleEveryMs) return;
    this.#cycleEveryMs = Math.min(2 * this.#cycleEveryMs, RAREST * this.#options.timeouts.cycleEveryMs);
    this.#cycledMs = nowMs;
    await this.#adapter.cycle();
  }

  #again(work: () => unknown): void {
    clearTimeout(this.#retry);
    if (this.#stopped || !this.#wanted) return;
    this.#retry = setTimeout(work, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#options.timeouts.retryMaxMs);
  }

  #filter(): Promise<unknown> {
    // Repeats are wanted: they tell that a device is there, and carry readings of devices that only advertise.
    const filter = { Transport: new Variant('s', 'le'), DuplicateData: new Variant('b', true) };
    return this.#call('SetDiscoveryFilter', 'a{sv}', [filter]);
  }

  #call(member: string, signature = '', body: unknown[] = []): Promise<unknown> {
    return this.#host.call(
      ...([this.#host.adapterPath, ADAPTER, member, signature, body, this.#options.timeouts.callMs] as const),
    );
  }
}
