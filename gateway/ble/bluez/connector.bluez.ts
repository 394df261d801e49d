// Makes one link: Connect with what real hosts need beside it, until it is there or it is known why not.
import { VitalsealError } from '@vitalseal/ledger';
import type { Bonds } from './bonds.ts';
import type { Discovery } from './discovery.bluez.ts';
import { asRadioError, HostError, isAlready, isCutShort, isInProgress, isKeyMissing, TIMEOUT } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { guarded, isWhole, type Link } from './link.ts';
import { DEVICE } from './objects.ts';
import type { BluezTimeouts } from './timeouts.ts';

/** Between two looks whether the host has ended the connect that it says is in progress. */
const IN_PROGRESS_MS = 250;
/** For the host to say why a link dropped while it was made. A process that was busy for a moment must not miss it. */
const REASON_MS = 500;
/** So often must stopping discovery have helped a connect before each connect stops it. */
const HELPED_OFTEN = 3;

export class Connector {
  readonly #host: Host;
  readonly #discovery: Discovery;
  readonly #timeouts: BluezTimeouts;
  readonly #bonds: Bonds;
  readonly #stands: (link: Link) => void;
  /** How often connecting failed with discovery on and went well without. */
  #helped = 0;

  /** `stands`: a link that dropped is tried again, and to be told of its changes. */
  constructor(host: Host, discovery: Discovery, timeouts: BluezTimeouts, bonds: Bonds, stands: (link: Link) => void) {
    this.#host = host;
    this.#discovery = discovery;
    this.#timeouts = timeouts;
    this.#bonds = bonds;
    this.#stands = stands;
  }

  /** Resolves when it stands, its services perhaps unknown still. Throws HostError, `device_gone`, `pairing_needed`, `radio_unavailable`. */
  async make(link: Link): Promise<void> {
    try {
      await this.#attempt(link);
    } catch (error) {
      throw this.#lacksKey(link, error) ? new VitalsealError('pairing_needed') : error;
    }
  }

  async #attempt(link: Link): Promise<void> {
    const untilMs = performance.now() + this.#timeouts.connectMs;
    const once = () => this.#call(link, untilMs);
    if (this.#helped >= HELPED_OFTEN) return this.#discovery.without(once);
    try {
      await once();
    } catch (error) {
      const { code } = asRadioError(error, 'connect');
      if (
        code !== 'device_gone' ||
        link.cancelled ||
        !this.#discovery.running ||
        this.#host.objects.device(link.path) === null
      )
        throw error;
      // Some controllers cannot connect while they discover, and many links fail to come about the first time.
      link.wasConnected = false;
      this.#stands(link);
      await this.#discovery.without(once);
      this.#helped += 1;
    }
  }

  /** Connect, again while the host is at it already. A link that stands whole is taken as it is. */
  async #call(link: Link, untilMs: number): Promise<void> {
    const { path } = link;
    for (let done = false; !done; ) {
      // While discovery was being stopped, for one.
      if (link.cancelled) throw new VitalsealError('device_gone');
      if (isWhole(this.#host.objects.device(path))) break;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new HostError(TIMEOUT);
      try {
        // BlueZ may leave the call open though the device is there.
        const whole = new Promise<void>((resolve) => {
          link.resolved = resolve;
        });
        const call = this.#host.call(path, DEVICE, 'Connect', '', [], leftMs);
        await guarded(link, Promise.race([call, whole])).catch((error) => reason(error, call));
        done = true;
      } catch (error) {
        done = isAlready(error);
        if (!done && !isInProgress(error)) throw error;
        if (!done) await guarded(link, pause(Math.min(leftMs, IN_PROGRESS_MS)));
      } finally {
        link.resolved = null;
      }
    }
    link.wasConnected ||= this.#host.objects.device(path)?.connected === true;
  }

  /**
   * A link that stood was cut short, as it is when the device does not know the key of their bond (Core, Vol 1, Part F, 2.6).
   * Links that fail in another way, or do not come about, say neither that it knows the key nor that it does not.
   */
  #lacksKey({ path, wasConnected, cancelled }: Link, error: unknown): boolean {
    const looksLikeIt = wasConnected && !cancelled && this.#host.objects.device(path)?.paired === true;
    if (looksLikeIt && isKeyMissing(error)) return true;
    return looksLikeIt && isCutShort(error) && this.#bonds.lacksKey(path, performance.now());
  }
}

/** A link that dropped is known first; why it dropped, the host says in its answer to `call`. Throws one or the other. */
async function reason(error: unknown, call: Promise<unknown>): Promise<void> {
  const { code } = asRadioError(error, 'connect');
  if (code === 'device_gone') await Promise.race([call, pause(REASON_MS)]);
  throw error;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
