// AgentManager1, and the questions that BlueZ asks an agent while it pairs. Which question follows from what the device can
// do, and from what the agent said it can (Core Specification, vol. 3, part H, 2.3.5.1).
import { DBusError, Message, type MessageBus } from '@jellybrick/dbus-next';
import { AGENT, AGENT_MANAGER } from '../bus/names.ts';
import { BusError, type BusObject } from '../bus/object-server.bluez.ts';
import type { PairingMethod } from './spec.ts';

interface Agent {
  readonly sender: string;
  readonly path: string;
  readonly capability: string;
}

const ERROR = 'org.bluez.Error.';

export class Agents {
  readonly #bus: MessageBus;
  readonly #timeoutMs: number;
  readonly #agents = new Map<string, Agent>();
  #default: Agent | null = null;
  /** How many questions agents were asked. */
  questions = 0;

  constructor(bus: MessageBus, timeoutMs: number) {
    this.#bus = bus;
    this.#timeoutMs = timeoutMs;
  }

  /** How many programs have an agent here now. */
  get registered(): number {
    return this.#agents.size;
  }

  /** The object at /org/bluez. */
  object(): BusObject {
    return {
      [AGENT_MANAGER]: {
        properties: {},
        methods: {
          RegisterAgent: { takes: ['o', 's'], gives: '', call: (message) => this.#register(message) },
          UnregisterAgent: { takes: ['o'], gives: '', call: (message) => this.#unregister(message) },
          RequestDefaultAgent: { takes: ['o'], gives: '', call: (message) => this.#makeDefault(message) },
        },
      },
    };
  }

  /** A program left the bus. */
  gone(sender: string): void {
    this.#agents.delete(sender);
    if (this.#default?.sender === sender) this.#default = null;
  }

  /**
   * Asks what `method` asks of the agent of `sender`, or of the default one. Answers whether the link is authenticated.
   * Throws a BusError as Device1.Pair answers it. `initiated`: by Device1.Pair, where Just Works need not be asked.
   */
  async pair(
    sender: string,
    device: string,
    method: PairingMethod,
    passkey: number,
    { signal, initiated }: { signal: AbortSignal; initiated: boolean },
  ): Promise<boolean> {
    const agent = this.#agents.get(sender) ?? this.#default;
    const able = agent !== null && agent.capability !== 'NoInputNoOutput';
    if (agent === null || !able || method === 'just-works') {
      if (initiated) return false;
      if (agent === null) throw new BusError(`${ERROR}AuthenticationFailed`, 'Authentication Failed');
      await this.#ask(agent, 'RequestAuthorization', 'o', [device], signal);
      return false;
    }
    switch (method) {
      case 'numeric-comparison':
        await this.#ask(agent, 'RequestConfirmation', 'ou', [device, passkey], signal);
        return true;
      case 'passkey-display':
        await this.#ask(agent, 'DisplayPasskey', 'ouq', [device, passkey, 0], signal);
        return true;
      case 'passkey-entry': {
        const given = await this.#ask(agent, 'RequestPasskey', 'o', [device], signal);
        if (given !== passkey) throw new BusError(`${ERROR}AuthenticationFailed`, 'Authentication Failed');
        return true;
      }
      case 'pin': {
        const given = await this.#ask(agent, 'RequestPinCode', 'o', [device], signal);
        if (given !== String(passkey)) throw new BusError(`${ERROR}AuthenticationFailed`, 'Authentication Failed');
        return true;
      }
    }
  }

  async #ask(agent: Agent, member: string, signature: string, body: unknown[], signal: AbortSignal): Promise<unknown> {
    this.questions++;
    const at = { destination: agent.sender, path: agent.path, interface: AGENT };
    let timer: NodeJS.Timeout | undefined;
    let given = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      const cancel = (name: string) => {
        this.#bus.call(new Message({ ...at, member: 'Cancel' })).catch(() => {});
        reject(new BusError(`${ERROR}${name}`, name.replace(/([a-z])([A-Z])/g, '$1 $2')));
      };
      timer = setTimeout(() => cancel('AuthenticationTimeout'), this.#timeoutMs);
      given = () => cancel('AuthenticationCanceled');
      signal.addEventListener('abort', given, { once: true });
    });
    try {
      const reply = await Promise.race([this.#bus.call(new Message({ ...at, member, signature, body })), cancelled]);
      return reply?.body[0];
    } catch (error) {
      if (error instanceof BusError) throw error;
      const refused = error instanceof DBusError && error.type === `${ERROR}Canceled` ? 'Canceled' : 'Failed';
      throw new BusError(`${ERROR}Authentication${refused}`, `Authentication ${refused}`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', given);
    }
  }

  #register({ sender, body }: Message): void {
    const [path, capability] = body as [string, string];
    if (this.#agents.has(sender)) throw new BusError(`${ERROR}AlreadyExists`, 'Already Exists');
    const known = ['', 'DisplayOnly', 'DisplayYesNo', 'KeyboardOnly', 'NoInputNoOutput', 'KeyboardDisplay'];
    if (!known.includes(capability)) throw new BusError(`${ERROR}InvalidArguments`, 'Invalid arguments in method call');
    this.#agents.set(sender, { sender, path, capability: capability === '' ? 'KeyboardDisplay' : capability });
  }

  #unregister({ sender, body }: Message): void {
    this.#own(sender, body[0] as string);
    this.gone(sender);
  }

  #makeDefault({ sender, body }: Message): void {
    this.#default = this.#own(sender, body[0] as string);
  }

  #own(sender: string, path: string): Agent {
    const agent = this.#agents.get(sender);
    if (agent === undefined || agent.path !== path) throw new BusError(`${ERROR}DoesNotExist`, 'Does Not Exist');
    return agent;
  }
}
