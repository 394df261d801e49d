// The real agent as a process of its own, by the commands that a person types, beside a wearable that must be paired. Not
// enrolled: what it takes it holds.

import { appendFileSync } from 'node:fs';
import { askControl } from '../../../agent/control/control.socket.ts';
import { lastJson, type Running, runJson, startCommand } from '../../site/command.ts';
import { until } from '../../site/until.ts';
import { BumbleStrap, type Button } from './bumble-strap.ts';
import { CONTROLLERS, type Host } from './host.ts';

const DIR = '/tmp/agent';
const DATA = ['--data', DIR];

interface Status {
  readonly readings: number;
  readonly ble: { readonly state: string; readonly paired: boolean; readonly problem: string | null }[];
}

export class PairedAgent {
  readonly #strap = new BumbleStrap(CONTROLLERS);
  readonly #central: string;
  #running: Running | null = null;

  constructor(host: Host) {
    this.#central = host.pair(2).central;
  }

  /** Starts while other scenarios run. */
  async start(): Promise<void> {
    await runJson(['agent', 'init', ...DATA]);
    appendFileSync(`${DIR}/agent.toml`, `\n[ble]\nadapter = "${this.#central}"\n`);
    await runJson(['agent', 'devices', 'add', 'strap', '--ble', this.#strap.address, ...DATA]);
    this.#running = startCommand(['agent', 'run', ...DATA]);
    await this.#problem(null);
  }

  /** The agent meets the strap first, and is refused; then a person at each side says no, and at last both say yes. */
  async pairing() {
    this.#strap.switchOn();
    await this.#problem('pairing_needed');
    const toNobody = this.#strap.shown.length;
    const refusals = [await this.#pair('no', 'yes'), await this.#pair('yes', 'no')];
    await this.#cancelled();
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
    const digits = [...refusals, { passkey: shown[toNobody + 2] }, paired].map(({ passkey }) => passkey);
    if (shown.slice(toNobody).join() !== digits.join())
      throw new Error(`the gateway showed ${digits}; the strap ${shown}`);
    if (this.#strap.paired.join() !== 'true') throw new Error(`the strap was paired: ${this.#strap.paired}`);
    return { pairedMs, readings };
  }

  /** Somebody reset the strap: the agent says what is to be done, and by that it is mended. */
  async keyLost() {
    this.#strap.reset();
    const startMs = performance.now();
    await this.#problem('pairing_needed');
    const noticedMs = Math.round(performance.now() - startMs);
    const paired = await this.#pair('yes', 'yes');
    if (paired.paired !== true) throw new Error(`pairing anew was answered by ${JSON.stringify(paired)}`);
    return { noticedMs, readings: await this.#more(50) };
  }

  /** Values come again, over a link encrypted with the keys of the pairing: without them none would. */
  async goesOn(): Promise<number> {
    await this.#more(50);
    this.#strap.drop();
    return this.#more(50);
  }

  async stop(): Promise<void> {
    const { readings } = await this.#status();
    const outcome = await this.#running?.stop();
    if (outcome && outcome.code !== 0) throw new Error(`the agent ended with ${outcome.code}: ${outcome.stderr}`);
    await this.#strap.stop();
    if (readings > this.#strap.sent) throw new Error(`${readings} readings of ${this.#strap.sent} values`);
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
  async #cancelled(): Promise<void> {
    this.#strap.wearer = null;
    const before = this.#strap.shown.length;
    const command = startCommand(['agent', 'devices', 'pair', 'strap', '--answer', 'yes', ...DATA]);
    await until('the strap to show digits', () => this.#strap.shown.length > before, 60);
    const { stderr } = await command.stop('SIGINT');
    if (!stderr.includes('cancelled')) throw new Error(`a pairing that was given up ended with ${stderr}`);
  }

  /** `gateway`, `wearer`: what the person at each side says to the six digits. */
  async #pair(gateway: Button, wearer: Button) {
    this.#strap.wearer = wearer;
    const command = startCommand(['agent', 'devices', 'pair', 'strap', '--answer', gateway, '--json', ...DATA]);
    const { stdout } = await command.ended;
    const question = stdout.split('\n').find((line) => line.includes('"question"'));
    const { passkey = '' } = JSON.parse(question ?? '{}') as { passkey?: string };
    return { passkey, ...lastJson<{ paired?: boolean; error?: { code: string } }>(stdout) };
  }
}
