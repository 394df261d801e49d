// The wearable of bumble_strap.py as a process of its own: its buttons, and what it has shown and sent.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('bumble_strap.py', import.meta.url));

type Happened = { event: string; passkey?: string; authenticated?: boolean; sent?: number };
const STOP_MS = 10_000;
const NOTHING: Happened = { event: '' };
export type Button = 'yes' | 'no';

interface Options {
  /** The socket where btvirt serves controllers. */
  readonly controllers: string;
  /** Static random: its two highest bits are set (Core, Vol 6, Part B, 1.3.2.1). */
  readonly address: string;
  readonly pairing: 'numeric-comparison' | 'just-works';
}

export class BumbleStrap {
  readonly address: string;
  /** Each six digits that its display has shown. */
  readonly shown: string[] = [];
  /** Pairings that were completed: was each protected against a man in the middle? */
  readonly paired: boolean[] = [];
  /** What its wearer presses when six digits are shown; null: looks at them. */
  wearer: Button | null = 'yes';
  /** Values sent when each of its links had ended, and when it had ended itself. */
  readonly ends: number[] = [];
  #log = '';
  #isStopped = false;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** With what it ended, once all that it said is read. */
  readonly #ended: Promise<string>;

  constructor({ controllers, address, pairing }: Options) {
    this.address = address;
    this.#process = spawn('python3.11', [PROGRAM, controllers, address, pairing], { stdio: 'pipe' });
    createInterface(this.#process.stdout).on('line', (line) => this.#happened(line));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    // A button of a strap that is no more: its end tells.
    this.#process.stdin.on('error', (error) => {
      this.#log += `${error.message}\n`;
    });
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message));
      this.#process.on('close', (code, signal) => resolve(`${code ?? signal}`));
    });
  }

  switchOn(): void {
    this.#press('on');
  }

  drop(): void {
    this.#press('drop');
  }

  /** It forgets with whom it is bonded. */
  reset(): void {
    this.#press('reset');
  }

  /** Throws what it said when it had ended by itself, or ends badly. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#process.stdin.end();
    // Bumble may wait for an answer that its controller owes it since the link dropped: nothing of ours, and not waited for.
    const impatient = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    const how = await this.#ended;
    clearTimeout(impatient);
    if (how !== '0' && how !== 'SIGKILL') throw new Error(`the strap ended with ${how}:\n${this.#log}`);
  }

  /** What `work` resolves to; throws what the strap said when that ends by itself before. */
  async during<T>(work: Promise<T>): Promise<T> {
    const died = this.#ended.then((how): Promise<T> => {
      if (this.#isStopped) return work;
      throw new Error(`the strap ended by itself with ${how}:\n${this.#log}`);
    });
    return Promise.race([work, died]);
  }

  /** All that it has sent until its last link had ended, as `exactly` writes it: its values count up. */
  sent(): string[][] {
    return Array.from({ length: this.ends.at(-1) ?? 0 }, (_, n) => [`${n}e0 /min`]);
  }

  log(): string {
    return this.#log;
  }

  #happened(line: string): void {
    this.#log += `${line}\n`;
    const { event, passkey = '', authenticated = false, sent = 0 } = happenedIn(line);
    if (event === 'shown') {
      this.shown.push(passkey);
      if (this.wearer !== null) this.#press(this.wearer);
    }
    if (event === 'paired') this.paired.push(authenticated);
    if (event === 'disconnected' || event === 'ended') this.ends.push(sent);
  }

  #press(button: string): void {
    this.#process.stdin.write(`${button}\n`);
  }
}

/** What a library printed is no event, and is in the log. */
function happenedIn(line: string): Happened {
  try {
    return (JSON.parse(line) ?? NOTHING) as Happened;
  } catch {
    return NOTHING;
  }
}
