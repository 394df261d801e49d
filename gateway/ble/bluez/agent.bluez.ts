// Our org.bluez.Agent1, and the pairing under way that it answers for. Nobody else gets a yes: a device that nobody asked
// to pair is refused, and without a person only Just Works of the very device that is being paired is accepted.
import { VitalsealError } from '@vitalseal/ledger';
import type { PairingDialogue, PairingQuestion } from '../radio.ts';
import type { Answer, AskedCall } from './bus.bluez.ts';
import type { KnownDevice } from './device.ts';
import { asRadioError, HostError, isAlready } from './errors.ts';
import type { Host } from './host.bluez.ts';
import { DEVICE } from './objects.ts';
import { answerOf, questionOf, YES } from './question.ts';
import type { BluezTimeouts } from './timeouts.ts';

export const AGENT = 'org.bluez.Agent1';
const MANAGER = 'org.bluez.AgentManager1';
const MANAGER_PATH = '/org/bluez';
const AGENT_PATH = '/org/vitalseal/agent';
/** We can show digits and have them entered: every method of pairing is possible. */
const CAPABILITY = 'KeyboardDisplay';
const REJECTED = 'org.bluez.Error.Rejected';
const CANCELED = 'org.bluez.Error.Canceled';

interface Pairing {
  readonly path: string;
  readonly dialogue: PairingDialogue | null;
  /** Ends a question that waits for a person. */
  readonly ended: AbortController;
  /** Somebody should have been asked, and there was no dialogue. */
  unasked: boolean;
  /** Somebody was asked, and did not say yes. */
  refused: boolean;
  shown: string;
  wasConnected: boolean;
  dropped: (error: VitalsealError) => void;
}

export interface AgentTold {
  /** Whether the device at `path` may be paired without a person: it has no bond, and a link of this radio. */
  readonly mayPair: (path: string) => boolean;
  /** BlueZ pairs the device at `path` by itself and wants a person; it was told no. */
  readonly unasked: (path: string) => void;
  readonly log: (message: string, detail: object) => void;
}

export class Agent {
  readonly #host: Host;
  readonly #timeouts: BluezTimeouts;
  readonly #told: AgentTold;
  #pairing: Pairing | null = null;
  #registered = false;

  constructor(host: Host, timeouts: BluezTimeouts, told: AgentTold) {
    this.#host = host;
    this.#timeouts = timeouts;
    this.#told = told;
  }

  /** Makes us the agent of this host, unless we are. Never throws: all but pairing works without. */
  async register(): Promise<void> {
    if (this.#registered) return;
    this.#registered = true;
    try {
      await this.#manage('RegisterAgent', 'os', [AGENT_PATH, CAPABILITY]).catch((error: unknown) => {
        if (!isAlready(error)) throw error;
      });
      await this.#manage('RequestDefaultAgent', 'o', [AGENT_PATH]);
    } catch (error) {
      this.#registered = false;
      this.#told.log('pairing is not possible', { code: asRadioError(error, 'host').code });
    }
  }

  /** The host is gone, and what it knew of us. */
  lost(): void {
    this.#registered = false;
    this.#pairing?.ended.abort();
  }

  async unregister(): Promise<void> {
    if (!this.#registered) return;
    this.#registered = false;
    await this.#manage('UnregisterAgent', 'o', [AGENT_PATH]).catch(() => {});
  }

  /** The host says that a device is connected, or not any more; or it does not know it any more. */
  changed({ path, connected }: KnownDevice, gone = false): void {
    const pairing = this.#pairing;
    if (pairing?.path !== path) return;
    if (gone || (pairing.wasConnected && !connected)) pairing.dropped(new VitalsealError('device_gone'));
    pairing.wasConnected = connected;
  }

  /** Throws as Radio.pair. */
  async pair({ path, connected }: KnownDevice, dialogue: PairingDialogue | null): Promise<void> {
    if (this.#pairing !== null) throw new VitalsealError('pairing_busy');
    const pairing: Pairing = {
      ...{ path, dialogue, ended: new AbortController(), unasked: false, refused: false, shown: '' },
      ...{ wasConnected: connected, dropped: () => {} },
    };
    const dropped = new Promise<never>((_, reject) => {
      pairing.dropped = reject;
    });
    dropped.catch(() => {});
    this.#pairing = pairing;
    try {
      await this.register();
      await Promise.race([this.#host.call(path, DEVICE, 'Pair', '', [], this.#timeouts.pairMs), dropped]);
    } catch (error) {
      if (isAlready(error)) return;
      const failure = asRadioError(error, 'pair');
      if (failure.code === 'device_gone' || failure.code === 'radio_timeout') {
        this.#host.call(path, DEVICE, 'CancelPairing', '', [], this.#timeouts.callMs).catch(() => {});
      }
      // A device that is refused drops the link, which may be known first.
      const said = failure.code === 'device_gone' || failure.code === 'pairing_failed';
      if (said && pairing.unasked) throw new VitalsealError('pairing_needed');
      throw said && pairing.refused ? new VitalsealError('pairing_failed') : failure;
    } finally {
      this.#pairing = null;
      pairing.ended.abort();
    }
  }

  /** A call of Agent1 by BlueZ. Throws HostError to refuse. */
  async asked({ path, interface: of, member, body }: AskedCall): Promise<Answer> {
    if (path !== AGENT_PATH || of !== AGENT) throw new HostError('org.freedesktop.DBus.Error.UnknownMethod');
    if (member === 'Release') {
      this.#registered = false;
      return YES;
    }
    const pairing = this.#pairing;
    if (member === 'Cancel') {
      pairing?.ended.abort();
      return YES;
    }
    const question = questionOf(member, body);
    if (question === null) throw new HostError('org.freedesktop.DBus.Error.UnknownMethod');
    const device = String(body[0]);
    if (device !== pairing?.path) return this.#unasked(device, question);
    if (pairing.ended.signal.aborted) throw new HostError(REJECTED);
    if (question === 'accept') return YES;
    if (pairing.dialogue === null) {
      if (question.kind === 'authorize') return YES;
      pairing.unasked = true;
      throw new HostError(REJECTED);
    }
    if (question.kind === 'show-passkey') {
      // Told again for each digit that is typed on the device.
      if (pairing.shown !== question.passkey) void ask(pairing.dialogue, question);
      pairing.shown = question.passkey;
      return YES;
    }
    const said = await Promise.race([ask(pairing.dialogue, question), aborted(pairing.ended.signal)]);
    const answer = answerOf(question, said);
    if (answer !== null) return answer;
    if (pairing.ended.signal.aborted) throw new HostError(CANCELED);
    pairing.refused = true;
    throw new HostError(REJECTED);
  }

  /**
   * BlueZ pairs by itself, for the sake of a protected value or because the device wants it. Just Works is what a session
   * would accept without a person as well; a device has a session only when it is allowed.
   */
  #unasked(path: string, question: PairingQuestion | 'accept'): Answer {
    if (question === 'accept') throw new HostError(REJECTED);
    if (question.kind === 'authorize' && this.#told.mayPair(path)) return YES;
    this.#told.unasked(path);
    throw new HostError(REJECTED);
  }

  #manage(member: string, signature: string, body: unknown[]): Promise<unknown> {
    return this.#host.call(MANAGER_PATH, MANAGER, member, signature, body, this.#timeouts.callMs);
  }
}

/** A person who cannot be asked says no. */
async function ask(dialogue: PairingDialogue, question: PairingQuestion): Promise<boolean | string | null> {
  try {
    return await dialogue(question);
  } catch {
    return null;
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
