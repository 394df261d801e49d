import { describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { answerTo } from './devices-pair.ts';

type Question = Parameters<typeof answerTo>[1];
const given = { data: '' };
const ask = async (question: Question, typed: string[] = [], more: object = {}) => {
  const recorded = recordingIo(typed);
  return { answer: await answerTo(recorded.io, question, { ...given, ...more }), recorded };
};

const confirm: Question = { kind: 'confirm', passkey: '012345' };

describe('a question of a pairing', () => {
  it('shows the digits and takes yes or no from a person, until it is one of them', async () => {
    const { answer, recorded } = await ask(confirm, ['perhaps', ' YES ']);
    expect(answer).toBe(true);
    expect(recorded.stderr()).toBe('does the device show 012345? [yes/no] yes or no? ');
    expect((await ask(confirm, ['n'])).answer).toBe(false);
  });

  it.each([
    [confirm, '--answer yes'],
    [{ kind: 'authorize' }, '--yes'],
    [{ kind: 'enter-passkey' }, '--answer DIGITS'],
    [{ kind: 'enter-pin' }, '--answer DIGITS'],
  ] as const)('says what answers it when the input ends: %j', async (question, option) => {
    const error = await ask(question).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(/the input ended/) });
    expect((error as Error).message).toContain(option);
  });

  it('is cancelled, and no wrong usage, when the command is to stop', async () => {
    const recorded = recordingIo();
    recorded.stop();
    for (const question of [confirm, { kind: 'authorize' }, { kind: 'enter-passkey' }] as const)
      expect(await answerTo(recorded.io, question, given)).toBeNull();
  });

  it('never takes --yes for a comparison of digits', async () => {
    const ended = expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('--yes') });
    await expect(ask(confirm, [], { yes: true })).rejects.toThrowError(ended);
    await expect(ask({ kind: 'enter-passkey' }, [], { yes: true })).rejects.toThrowError(ended);
    expect((await ask({ kind: 'authorize' }, [], { yes: true })).answer).toBe(true);
  });

  it('takes --answer of a script where it fits, and refuses it where it does not', async () => {
    expect((await ask(confirm, [], { answer: 'yes' })).answer).toBe(true);
    expect((await ask({ kind: 'authorize' }, [], { answer: 'no' })).answer).toBe(false);
    expect((await ask({ kind: 'enter-passkey' }, [], { answer: '000123' })).answer).toBe('000123');
    expect((await ask({ kind: 'enter-pin' }, [], { answer: '0000' })).answer).toBe('0000');
    const usage = expect.objectContaining({ code: 'usage' });
    await expect(ask(confirm, [], { answer: '012345' })).rejects.toThrowError(usage);
    await expect(ask({ kind: 'enter-passkey' }, [], { answer: 'yes' })).rejects.toThrowError(usage);
  });

  it('takes six digits and nothing else for a passkey', async () => {
    expect((await ask({ kind: 'enter-passkey' }, ['12345', '1234567', 'abcdef', '654321'])).answer).toBe('654321');
  });

  it('shows what is typed on the device, and is a line of JSON where that is asked for', async () => {
    const { answer, recorded } = await ask({ kind: 'show-passkey', passkey: '000777' });
    expect([answer, recorded.stderr()]).toEqual([true, 'type these digits on the device: 000777\n']);
    const event = await ask({ kind: 'show-passkey', passkey: '000777' }, [], { json: true });
    expect(event.recorded.stderr()).toBe('');
    expect(event.recorded.lastJson()).toEqual({ event: 'question', kind: 'show-passkey', passkey: '000777' });
  });
});
