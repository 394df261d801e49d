// The real agent as a process of its own, by the commands that a person types. Not enrolled: what it takes it holds.

import { appendFileSync } from 'node:fs';
import { askControl } from '../../../agent/control/control.socket.ts';
import { lastJson, type Running, runJson, startCommand } from '../../site/command.ts';
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
    const confirm = (passkey: number) => {
      this.#shown.push(String(passkey).padStart(6, '0'));
      return true;
    };
    const pairing = { capability: 'DisplayYesNo', confirm };
    const protection = 'authenticated';
    this.#central = central;
    this.#strap = new Wearable(peripheral, { kind: 'heart-rate', name: 'Private', rate: 20, protection, pairing });
  }

  /** Starts while other scenarios run. */
  async start(): Promise<void> {
    await this.#strap.switchOn();
    const { address } = this.#strap;
    await this.#strap.switchOff();
    await runJson(['agent', 'init', ...DATA]);
    appendFileSync(`${DIR}/agent.toml`, `\n[ble]\nadapter = "${this.#central}"\n`);
    await runJson(['agent', 'devices', 'add', 'strap', '--ble', address, ...DATA]);
    this.#running = startCommand(['agent', 'run', ...DATA]);
    await until('the agent to have its radio', async () => (await this.#status()).ble[0]?.problem === null, 60);
  }

  /**
   * The strap is on only while somebody pairs it: else the gateway would meet it, want its protected values, and BlueZ would pair
   * by itself, on whose both sides one bluetoothd stands here and asks the same agent for both (5.66 also crashes of that).
   */
  async pairing() {
    const refused = await this.#pair('no');
    if (refused.error?.code !== 'pairing_failed') throw new Error(`no was answered by ${JSON.stringify(refused)}`);
    const between = await this.#status();
    if (between.readings > 0 || between.ble[0]?.paired) throw new Error('paired, or readings came, after a no');
    const startMs = performance.now();
    const paired = await this.#pair('yes');
    if (paired.paired !== true) throw new Error(`yes was answered by ${JSON.stringify(paired)}`);
    const pairedMs = Math.round(performance.now() - startMs);
    const readings = await this.#more(50);
    if (this.#shown.join() !== [refused.passkey, paired.passkey].join()) {
      throw new Error(`the gateway showed ${refused.passkey}, ${paired.passkey}; the strap ${this.#shown}`);
    }
    return { pairedMs, readings };
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
    const command = startCommand(['agent', 'devices', 'pair', 'strap', '--answer', answer, '--json', ...DATA]);
    await until('the agent to look for the strap', async () => (await this.#look()) === 'working', 60);
    // Who comes last is bluetoothd's default agent, whom it asks on the strap's behalf; the gateway's own was there before.
    await this.#strap.switchOn();
    if (answer === 'no') {
      await until('the refusal', async () => (await this.#look()) === 'failed', 60);
      await this.#strap.switchOff();
    }
    const { stdout } = await command.ended;
    const question = stdout.split('\n').find((line) => line.includes('"question"'));
    const { passkey = '' } = JSON.parse(question ?? '{}') as { passkey?: string };
    return { passkey, ...lastJson<{ paired?: boolean; error?: { code: string } }>(stdout) };
  }

  /** How the pairing stands; null before the first. */
  async #look(): Promise<string | null> {
    const look = await askControl(DIR, 'ble-pair-look', { known: -1 }).catch(() => null);
    return (look as { state?: string } | null)?.state ?? null;
  }
}
