import { describe, expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { main } from '../main.ts';

const BROKER = ['--mqtt', '127.0.0.1:9', '--username', 'pump-1', '--password', 'x'];

async function run(...argv: string[]) {
  const recorded = recordingIo();
  const code = await main(['sim', ...argv], recorded.io);
  return { code, ...recorded };
}

describe('vitalseal sim', () => {
  it.each([['run'], ['replay']])('%s explains itself', async (name) => {
    const { code, stdout } = await run(name, '--help');
    expect(code).toBe(0);
    for (const option of [
      '--mqtt',
      '--username',
      '--password',
      '--seed',
      '--seconds',
      '--format',
      '--fault',
      '--rate',
      '--json',
    ]) {
      expect(stdout()).toContain(option);
    }
  });

  it.each([
    [['run', 'toaster', ...BROKER]],
    [['run', 'pump']],
    [['run', 'pump', ...BROKER, '--fault', 'drop=2']],
    [['run', 'pump', ...BROKER, '--seconds', '-1']],
    [['run', 'pump', ...BROKER, '--format', 'xml']],
    [['run', 'pump', '--mqtt', 'localhost', '--username', 'u', '--password', 'p']],
  ])('%j is a usage error', async (argv) => {
    expect((await run(...argv)).code).toBe(2);
  });

  it('says why a recording cannot be replayed', async () => {
    const { code, stderr, lastJson } = await run('replay', 'no-such-file.csv', ...BROKER, '--json');
    expect(code).toBe(1);
    expect(stderr()).toBe('vitalseal: recording_invalid: cannot read no-such-file.csv: ENOENT\n');
    expect(lastJson()).toMatchObject({ error: { code: 'recording_invalid' } });
  });

  it('ends on Ctrl-C with its counts, also while there is no broker', async () => {
    const recorded = recordingIo();
    const ended = main(['sim', 'run', 'pump', ...BROKER, '--json'], recorded.io);
    recorded.stop();
    expect(await ended).toBe(0);
    expect(recorded.lastJson()).toMatchObject({ sent: 0, acknowledged: 0, readings: 0 });
  });
});
