// vitalseal agent devices pair: leads a person through the pairing of a Bluetooth device. Digits are compared by that person,
// or by a script that was told so with --answer; --yes stands only for the kind of pairing where there is nothing to compare.
import { resolve } from 'node:path';
import type { PairingLook } from '@vitalseal/agent';
import { VitalsealError } from '@vitalseal/ledger';
import { type Command, InvalidArgumentError } from 'commander';
import { type Io, jsonLine } from '../io.ts';
import { bus, type Common, load, sub } from './agent-folder.ts';

interface PairOptions extends Common {
  yes?: boolean;
  answer?: string;
}

type Question = Extract<PairingLook, { state: 'asks' }>['question'];

export function pair(io: Io): Command {
  return sub('pair', 'Pairs a Bluetooth device that was added. With or without a running agent.')
    .argument('<name>', 'its name, or its address')
    .option('--yes', 'accept Just Works where the device asks for consent to it; never a comparison of digits')
    .option(
      '--answer <answer>',
      'instead of a person: yes or no to digits that were compared, or the digits themselves',
      asAnswer,
    )
    .addHelpText(
      'after',
      `
A device that was reset is paired anew by the same command, once it was heard: its old bond goes first. While an agent
runs, a bond in good use stays as it is; without one nobody knows whether it is good, and it is always made anew.
With --json each question is a line of its own; the last line is the outcome.`,
    )
    .action(async (name: string, given: PairOptions) => {
      const desk = await (await load()).openBluetooth(resolve(given.data), bus());
      const { signal } = io;
      const cancel = () => void desk.cancel().catch(() => {});
      try {
        let look = await desk.pair(name);
        signal.addEventListener('abort', cancel);
        // Ctrl-C while the agent was asked to begin.
        if (signal.aborted) cancel();
        if (!given.json && look.state === 'working')
          io.printError(`looking for ${name}: switch it on, and set it to pairing where it has such a mode`);
        let asked = 0;
        let saidNo = false;
        while (look.state === 'working' || look.state === 'asks') {
          if (look.state === 'asks' && look.n !== asked) {
            asked = look.n;
            // An answer of another kind ends the command: the pairing must not be left waiting for it.
            const answer = await answerTo(io, look.question, given).catch(async (error: unknown) => {
              await desk.cancel().catch(() => {});
              throw error;
            });
            saidNo = answer === false;
            if (answer === null) await desk.cancel();
            // Taken back by the device meanwhile: the next look says how it ended.
            else if (look.question.kind !== 'show-passkey') await desk.answer(look.n, answer).catch(ignoreStale);
          }
          look = await desk.look(look.n);
        }
        if (look.state === 'failed')
          throw new VitalsealError(look.code, saidNo && look.code === 'pairing_failed' ? 'you said no' : look.message);
        const already = look.outcome === 'was-paired';
        if (given.json) return io.json({ device: name, paired: true, already });
        io.print(already ? `${name} was paired already` : `paired ${name}`);
      } finally {
        signal.removeEventListener('abort', cancel);
        await desk.close();
      }
    });
}

/** Null cancels. Throws `usage` when nobody answers because the input has ended, or when `given.answer` is of another kind. */
export async function answerTo(io: Io, question: Question, given: PairOptions): Promise<boolean | string | null> {
  if (given.json) io.print(jsonLine({ event: 'question', ...question }));
  const say = (line: string) => void (given.json || io.printError(line));
  switch (question.kind) {
    case 'show-passkey':
      say(`type these digits on the device: ${question.passkey}`);
      return true;
    case 'confirm':
      return yesOrNo(io, `does the device show ${question.passkey}?`, given.answer, '--answer yes or --answer no');
    case 'authorize':
      if (given.yes) return true;
      return yesOrNo(
        io,
        'nothing proves which device it is (Just Works): pair it?',
        given.answer,
        '--yes or --answer no',
      );
    case 'enter-passkey':
      return digits(io, 'the six digits that the device shows:', given.answer, /^\d{6}$/);
    case 'enter-pin':
      return digits(io, 'the PIN from its manual:', given.answer, /^[\x21-\x7e]{1,16}$/);
  }
}

async function yesOrNo(io: Io, question: string, given: string | undefined, instead: string): Promise<boolean | null> {
  for (let answer = given ?? (await io.ask(`${question} [yes/no] `)); answer !== null; ) {
    const word = answer.trim().toLowerCase();
    if (word === 'yes' || word === 'y') return true;
    if (word === 'no' || word === 'n') return false;
    if (given !== undefined)
      throw new VitalsealError('usage', `--answer ${given}: asked was "${question}", for yes or no`);
    answer = await io.ask('yes or no? ');
  }
  return unanswered(io, instead);
}

async function digits(io: Io, question: string, given: string | undefined, shape: RegExp): Promise<string | null> {
  for (let answer = given ?? (await io.ask(`${question} `)); answer !== null; ) {
    if (shape.test(answer.trim())) return answer.trim();
    if (given !== undefined) throw new VitalsealError('usage', `--answer: asked was ${question.slice(0, -1)}`);
    answer = await io.ask(`${question} `);
  }
  return unanswered(io, '--answer DIGITS');
}

/** Null when the command is to stop. */
function unanswered(io: Io, instead: string): null {
  if (io.signal.aborted) return null;
  throw new VitalsealError('usage', `no answer came, the input ended: without a person, answer with ${instead}`);
}

function ignoreStale(error: unknown): void {
  if (!(error instanceof VitalsealError) || error.code !== 'not_found') throw error;
}

function asAnswer(text: string): string {
  if (/^(yes|no|[\x21-\x7e]{1,16})$/i.test(text)) return text;
  throw new InvalidArgumentError('expected yes, no, or digits');
}
