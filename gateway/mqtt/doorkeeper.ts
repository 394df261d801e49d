// Who may come in: what a CONNECT must look like, and whose password it must carry. It decides; the broker adapter says
// so to the client.
import type { DeviceDirectory, DeviceLogin } from '../contract.ts';
import type { Counters } from './counters.ts';
import type { BrokerLimits } from './limits.ts';
import { LoginThrottle } from './login-throttle.ts';
import { REASON } from './packets.ts';

/** The parts of a CONNECT packet that are looked at; the adapter hands in the packet itself, which is corrected in place. */
export interface Connect {
  protocolVersion?: number | undefined;
  clientId: string;
  username?: string | undefined;
  keepalive?: number | undefined;
  will?: unknown;
}

/** A refusal: the return code of MQTT 3.1.1 (table 3.1) and the reason code of MQTT 5 that say it. */
export interface Refusal {
  readonly returnCode: number;
  readonly reason: number;
}

const LOWEST_VERSION = 4;
const CLIENT_ID_LENGTH = 128;
/** Parts user name from client id; neither may hold it. */
const SCOPE = '\u0001';
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export class Doorkeeper {
  readonly #devices: DeviceDirectory;
  readonly #limits: BrokerLimits;
  readonly #counters: Counters;
  readonly #throttle: LoginThrottle;

  constructor(devices: DeviceDirectory, limits: BrokerLimits, counters: Counters) {
    this.#devices = devices;
    this.#limits = limits;
    this.#counters = counters;
    this.#throttle = new LoginThrottle(limits.freeFailures);
  }

  /**
   * Judges a CONNECT and puts it in order: no will, a bounded keep-alive, and a client id within its user's scope, so
   * that a stranger who knows a client id cannot take its session over. Null when it may go on to log in.
   */
  admit(packet: Connect): Refusal | null {
    const version = packet.protocolVersion ?? 0;
    if (version < LOWEST_VERSION || version > 5) return { returnCode: 1, reason: REASON.unsupportedVersion };
    const { clientId } = packet;
    if (clientId.length > CLIENT_ID_LENGTH || CONTROL.test(clientId)) return { returnCode: 2, reason: 0x85 };
    const user = packet.username ?? '';
    if (user.length === 0 || user.length > CLIENT_ID_LENGTH || CONTROL.test(user)) {
      return { returnCode: 4, reason: REASON.badCredentials };
    }
    if (clientId !== '') packet.clientId = user + SCOPE + clientId;
    if (packet.will !== undefined) {
      this.#counters.add('wills_ignored');
      delete packet.will;
    }
    const { keepaliveSeconds } = this.#limits;
    // MQTT 5 clients are told by Server Keep Alive; 3.1.1 has no word for it, but lets the server close at its discretion.
    if (version < 5 && (!packet.keepalive || packet.keepalive > keepaliveSeconds)) packet.keepalive = keepaliveSeconds;
    return null;
  }

  /** The client id without its user's scope. */
  clientOf(scopedId: string): string {
    return scopedId.slice(scopedId.indexOf(SCOPE) + 1);
  }

  /** The device that may log in, or how many ms to wait before refusing. */
  login(user: string, password: Uint8Array | undefined, address: string, nowMs: number): DeviceLogin | number {
    const login = user === '' ? null : this.#devices.lookup(user);
    if (login?.verifyPassword(password ?? new Uint8Array())) return login;
    this.#counters.outcome('refused', 'client_refused');
    if (!this.#throttle.failed(address, nowMs)) return 0;
    this.#counters.add('logins_throttled');
    return this.#limits.failureDelayMs;
  }
}
