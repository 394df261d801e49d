// The wearable of bumble_strap.py as a process of its own: its buttons, and what it has shown and sent.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('bumble_strap.py', import.meta.url));

type Happened = { event: string; passkey?: string; authenticated?: boolean; sent?: number };
export type Button = 'yes' | 'no';

export class BumbleStrap {
  /** Static random: its two highest bits are set (Core, Vol 6, Part B, 1.3.2.1). */
  readonly address = 'C4:11:22:33:44:55';
  /** Each six digits that its display has shown. */
  readonly shown: string[] = [];
  /** Pairings that were completed: was each protected against a man in the middle? */
  readonly paired: boolean[] = [];
  /** What its wearer presses when six digits are shown; null: looks at them. */
  wearer: Button | null = 'yes';
  /** Values sent when its last link had ended. */
  sent = 0;
  #log = '';
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;

  /** `controllers`: the socket where btvirt serves controllers. */
  constructor(controllers: string) {
    this.#process = spawn('python3.11', [PROGRAM, controllers, this.address], { stdio: 'pipe' });
    createInterface(this.#process.stdout).on('line', (line) => this.#happened(line));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
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

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }

  log(): string {
    return this.#log;
  }

  #happened(line: string): void {
    this.#log += `${line}\n`;
    const { event, passkey = '', authenticated = false, sent = 0 } = JSON.parse(line) as Happened;
    if (event === 'shown') {
      this.shown.push(passkey);
      if (this.wearer !== null) this.#press(this.wearer);
    }
    if (event === 'paired') this.paired.push(authenticated);
    if (event === 'disconnected') this.sent = sent;
  }

  #press(button: string): void {
    this.#process.stdin.write(`${button}\n`);
  }
}
