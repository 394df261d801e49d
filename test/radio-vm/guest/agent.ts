// The real agent as a process of its own, by the commands that a person types. Not enrolled: what it takes it holds.

import { appendFileSync } from 'node:fs';
import { askControl } from '../../../agent/control/control.socket.ts';
import { lastJson, type Running, runCommand, runJson, startCommand } from '../../site/command.ts';
import { until } from '../../site/until.ts';
import type { Host } from './host.ts';
import { Wearable } from './wearable.ts';

const DIR = '/tmp/agent';
const DATA = ['--data', DIR];

interface Status {
  readonly readings: number;
  readonly ble: { readonly state: string; readonly paired: boolean; readonly problem: string | null }[];
}

/** A strap that shows its values only over an authenticated link, and the agent beside it. */
export class PairedAgent {
  readonly #strap: Wearable;
  readonly #central: string;
  readonly #shown: string[] = [];
  #running: Running | null = null;

  constructor(host: Host) {
    const { central, peripheral } = host.pair(2);
    // One bluetoothd stands for both sides. What it tries by itself, when the gateway subscribes to what is protected, must not
    // succeed here: the wearer presses yes only while somebody pairs at the gateway's side too.
    const confirm = async (passkey: number) => {
      this.#shown.push(String(passkey).padStart(6, '0'));
      const look = await askControl(DIR, 'ble-pair-look', { known: -1 }).catch(() => null);
      const state = (look as { state?: string } | null)?.state;
      return state === 'asks' || state === 'working';
    };
    const pairing = { capability: 'DisplayYesNo', confirm };
    const protection = 'authenticated';
    this.#central = central;
    this.#strap = new Wearable(peripheral, { kind: 'heart-rate', name: 'Private', rate: 20, protection, pairing });
  }

  /** Starts while other scenarios run. */
  async start(): Promise<void> {
    await runJson(['agent', 'init', ...DATA]);
    appendFileSync(`${DIR}/agent.toml`, `\n[ble]\nadapter = "${this.#central}"\n`);
    // Its address is known once it is on; it pairs with nobody yet.
    await this.#strap.switchOn();
    await runJson(['agent', 'devices', 'add', 'strap', '--ble', this.#strap.address, ...DATA]);
    this.#running = startCommand(['agent', 'run', ...DATA]);
    // By then it has made itself bluetoothd's default agent.
    await until('the agent to see the strap', async () => (await this.#status()).ble[0]?.state !== 'unseen', 60);
  }

  async pairing() {
    // The last who comes is bluetoothd's default agent, whom it asks on the strap's behalf; until now that was the gateway.
    await this.#strap.switchOff();
    await this.#strap.switchOn();
    const before = await this.#status();
    if (before.readings > 0 || before.ble[0]?.paired) throw new Error(`paired, or readings came, unasked`);
    const refused = await this.#pair('no');
    if (refused.error?.code !== 'pairing_failed') throw new Error(`no was answered by ${JSON.stringify(refused)}`);
    if (!this.#shown.includes(refused.passkey))
      throw new Error(`different digits (no): ${refused.passkey}, ${this.#shown}`);
    const between = await this.#status();
    if (between.readings > 0 || between.ble[0]?.paired) throw new Error('paired, or readings came, after a no');
    const startMs = performance.now();
    const paired = await this.#pair('yes');
    if (paired.paired !== true) throw new Error(`yes was answered by ${JSON.stringify(paired)}`);
    if (!this.#shown.includes(paired.passkey))
      throw new Error(`different digits (yes): ${paired.passkey}, ${this.#shown}`);
    const pairedMs = Math.round(performance.now() - startMs);
    const readings = await this.#more(50);
    return { pairedMs, readings, digitsShown: this.#shown.length };
  }

  /** The strap's bluetoothd died and is there again. */
  async wearableBack(): Promise<void> {
    await this.#strap.switchOff();
    await this.#strap.switchOn();
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

  more = () => this.#more(50);

  async stop(): Promise<void> {
    const outcome = await this.#running?.stop();
    if (outcome && outcome.code !== 0) throw new Error(`the agent ended with ${outcome.code}: ${outcome.stderr}`);
  }

  /** What the agent has logged. */
  log(): string {
    return this.#running?.output().stderr ?? '';
  }

  /** Over the control socket, as `agent status` asks: an emulated command takes seconds to start. */
  async #status(): Promise<Status> {
    return (await askControl(DIR, 'status')) as Status;
  }

  async #pair(answer: 'yes' | 'no') {
    const { stdout } = await runCommand(['agent', 'devices', 'pair', 'strap', '--answer', answer, '--json', ...DATA]);
    const question = stdout.split('\n').find((line) => line.includes('"question"'));
    const { passkey = '' } = JSON.parse(question ?? '{}') as { passkey?: string };
    return { passkey, ...lastJson<{ paired?: boolean; error?: { code: string } }>(stdout) };
  }
}
