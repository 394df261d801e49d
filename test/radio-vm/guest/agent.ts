// The real agent as a process of its own, by the commands that a person types, beside a wearable that must be paired. Not
// enrolled: what it takes it holds.

import { appendFileSync } from 'node:fs';
import { askControl } from '../../../agent/control/control.socket.ts';
import { lastJson, type Running, runJson, startCommand } from '../../site/command.ts';
import { until } from '../../site/until.ts';
import { BumbleStrap, type Button } from './bumble-strap.ts';
import { heldBy } from './held.ts';
import { CONTROLLERS, type Host } from './host.ts';
import { lostAtEnds } from './truth.ts';

const DIR = '/tmp/agent';
const DATA = ['--data', DIR];
const DEVICE = 'strap';

interface Status {
  readonly readings: number;
  readonly ble: { readonly state: string; readonly paired: boolean; readonly problem: string | null }[];
}

export class PairedAgent {
  readonly #strap = new BumbleStrap({
    controllers: CONTROLLERS,
    address: 'C4:11:22:33:44:55',
    pairing: 'numeric-comparison',
  });
  readonly #central: string;
  #running: Running | null = null;

  constructor(host: Host) {
    this.#central = host.pair(2).central;
  }

  /** Starts while other scenarios run. */
  async start(): Promise<void> {
    await runJson(['agent', 'init', ...DATA]);
    appendFileSync(`${DIR}/agent.toml`, `\n[ble]\nadapter = "${this.#central}"\n`);
    await runJson(['agent', 'devices', 'add', DEVICE, '--ble', this.#strap.address, ...DATA]);
    this.#running = startCommand(['agent', 'run', ...DATA]);
    await this.#problem(null);
  }

  /** The agent meets the strap first, and is refused; then a person at each side says no, and at last both say yes. */
  pairing() {
    return this.#strap.during(this.#pairing());
  }

  async #pairing() {
    this.#strap.switchOn();
    await this.#problem('pairing_needed');
    // The gateway may say so first.
    await this.#shown(0);
    await until('the strap to be refused', () => this.#strap.ends.length > 0);
    const toNobody = this.#strap.shown.length;
    const refusals = [await this.#pair('no', 'yes'), await this.#pair('yes', 'no')];
    const cancelled = await this.#cancelled();
    for (const { error } of refusals)
      if (error?.code !== 'pairing_failed') throw new Error(`no was answered by ${JSON.stringify(refusals)}`);
    const between = await this.#status();
    if (between.readings > 0 || between.ble[0]?.paired) throw new Error('paired, or readings came, after a no');
    const startMs = performance.now();
    const paired = await this.#pair('yes', 'yes');
    if (paired.paired !== true) throw new Error(`yes was answered by ${JSON.stringify(paired)}`);
    const pairedMs = Math.round(performance.now() - startMs);
    const readings = await this.#more(50);
    if (toNobody !== 1) throw new Error(`the strap asked ${toNobody} times before anybody wanted to pair it`);
    const { shown } = this.#strap;
    const digits = [...refusals, cancelled, paired].map(({ passkey }) => passkey);
    if (shown.slice(toNobody).join() !== digits.join())
      throw new Error(`the gateway showed ${digits}; the strap ${shown}`);
    if (this.#strap.paired.join() !== 'true') throw new Error(`the strap was paired: ${this.#strap.paired}`);
    return { pairedMs, readings };
  }

  /** Somebody reset the strap: the agent says what is to be done, and by that it is mended. */
  keyLost() {
    return this.#strap.during(this.#keyLost());
  }

  async #keyLost() {
    this.#strap.reset();
    const startMs = performance.now();
    await this.#problem('pairing_needed');
    const noticedMs = Math.round(performance.now() - startMs);
    let paired = await this.#pair('yes', 'yes');
    const pairings = paired.error?.code === 'pairing_failed' ? 2 : 1;
    // Seen once in some two hundred: done as far as the strap knew, not for bluetoothd. What was said is shown; a person tries again.
    if (pairings > 1) {
      console.log(`${JSON.stringify(paired)}\n${this.log()}`);
      paired = await this.#pair('yes', 'yes');
    }
    if (paired.paired !== true) throw new Error(`pairing anew was answered by ${JSON.stringify(paired)}`);
    return { noticedMs, pairings, readings: await this.#more(50) };
  }

  /** Values come again, over a link encrypted with the keys of the pairing: without them none would. */
  goesOn(): Promise<number> {
    return this.#strap.during(this.#goesOn());
  }

  async #goesOn(): Promise<number> {
    await this.#more(50);
    this.#strap.drop();
    return this.#more(50);
  }

  /** Everything that the strap sent is held by the agent, once and in order, but for what was lost while a link ended. */
  async stop() {
    const { readings } = await this.#status();
    const outcome = await this.#running?.stop();
    if (outcome && outcome.code !== 0) throw new Error(`the agent ended with ${outcome.code}: ${outcome.stderr}`);
    await this.#strap.stop();
    const held = heldBy(DIR, DEVICE);
    if (held.length < readings) throw new Error(`${readings} readings were counted, ${held.length} are held`);
    const kept = held.map((reading) => [reading]);
    return { agentHeld: held.length, agentLost: lostAtEnds(this.#strap.sent(), kept, this.#strap.ends) };
  }

  /** What the agent and the strap have logged. */
  log(): string {
    return `${this.#running?.output().stderr ?? ''}${this.#strap.log()}`;
  }

  /** Waits until so many more readings are held; answers how many are. */
  async #more(count: number): Promise<number> {
    const wanted = (await this.#status()).readings + count;
    return until(
      `${count} readings in the agent`,
      async () => {
        const { readings } = await this.#status();
        return readings >= wanted ? readings : 0;
      },
      60,
    );
  }

  /** Waits until the agent says so of the strap. */
  async #problem(code: string | null): Promise<void> {
    await until(`the agent to say ${code}`, async () => (await this.#status()).ble[0]?.problem === code, 60);
  }

  /** Over the control socket, as `agent status` asks: an emulated command takes seconds to start. */
  async #status(): Promise<Status> {
    return (await askControl(DIR, 'status')) as Status;
  }

  /** The person at the gateway said yes, and gives up while the wearer still looks at the digits. */
  async #cancelled(): Promise<{ passkey: string }> {
    this.#strap.wearer = null;
    const before = this.#strap.shown.length;
    const command = startCommand(['agent', 'devices', 'pair', DEVICE, '--answer', 'yes', '--json', ...DATA]);
    const passkey = await until('the gateway to ask', () => askedIn(command.output().stdout), 60);
    await until('the yes to be taken', async () => {
      const { state } = (await askControl(DIR, 'ble-pair-look', { known: 0 })) as { state: string };
      return state === 'working';
    });
    await this.#shown(before);
    const { stdout } = await command.stop('SIGINT');
    const { error } = lastJson<{ error?: { code: string } }>(stdout);
    if (error?.code !== 'cancelled') throw new Error(`a pairing that was given up ended with ${stdout}`);
    return { passkey };
  }

  /** `gateway`, `wearer`: what the person at each side says to the six digits. */
  async #pair(gateway: Button, wearer: Button) {
    this.#strap.wearer = wearer;
    const before = this.#strap.shown.length;
    const command = startCommand(['agent', 'devices', 'pair', DEVICE, '--answer', gateway, '--json', ...DATA]);
    const { stdout } = await command.ended;
    const passkey = askedIn(stdout) ?? '';
    // What the strap says may come later.
    if (passkey !== '') await this.#shown(before);
    return { passkey, ...lastJson<{ paired?: boolean; error?: { code: string } }>(stdout) };
  }

  /** Waits until the strap has shown digits again since it had so many times. */
  async #shown(before: number): Promise<void> {
    await until('the strap to show digits', () => this.#strap.shown.length > before, 60);
  }
}

/** The digits of the question in a command's output, once it has been asked. */
function askedIn(stdout: string): string | null {
  const question = stdout
    .split('\n')
    .slice(0, -1)
    .find((line) => line.includes('"question"'));
  return question === undefined ? null : (JSON.parse(question) as { passkey: string }).passkey;
}
