import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordingIo } from './io.ts';
import { main } from './main.ts';

describe('the command line', () => {
  it('prints its version', async () => {
    const recorded = recordingIo();
    expect(await main(['--version'], recorded.io)).toBe(0);
    expect(recorded.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('lists every command without loading one', async () => {
    const recorded = recordingIo();
    expect(await main(['--help'], recorded.io)).toBe(0);
    for (const name of [
      'start',
      'demo',
      'facility',
      'agent',
      'wallet',
      'read',
      'verify',
      'decode',
      'sim',
      'completion',
    ]) {
      expect(recorded.stdout()).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
  });

  it.each([[[]], [['nonsense']], [['--nonsense']], [['completion']], [['completion', 'tcsh']]])(
    'answers a usage error to %j with exit code 2',
    async (argv) => {
      const recorded = recordingIo();
      expect(await main(argv, recorded.io)).toBe(2);
      expect(recorded.stdout()).toBe('');
      expect(recorded.stderr()).not.toBe('');
    },
  );

  it('says a usage error as JSON too when JSON was asked for', async () => {
    const recorded = recordingIo();
    expect(await main(['nonsense', '--json'], recorded.io)).toBe(2);
    expect(recorded.lastJson()).toMatchObject({ error: { code: 'usage' } });
  });

  it('loads the command that is meant, behind `help` too', async () => {
    for (const argv of [
      ['completion', '--help'],
      ['help', 'completion'],
    ]) {
      const recorded = recordingIo();
      expect(await main(argv, recorded.io)).toBe(0);
      expect(recorded.stdout()).toContain('vitalseal completion [options] <shell>');
    }
  });

  it('names a file that cannot be used, without a stack', async () => {
    const recorded = recordingIo();
    const words = ['sim', 'run', 'pump', '--mqtt', '127.0.0.1:1', '--username', 'u', '--password', 'p'];
    expect(await main([...words, '--ca', '/no/such/file', '--json'], recorded.io)).toBe(2);
    expect(recorded.stderr()).toBe('vitalseal: usage: /no/such/file: there is no such file or folder (ENOENT)\n');
    expect(recorded.lastJson()).toMatchObject({ error: { code: 'usage' } });
  });

  it('goes quietly when the reader of its output has gone', () => {
    const bin = fileURLToPath(new URL('bin/vitalseal.js', import.meta.url));
    const script = `"${process.execPath}" "${bin}" --help | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe('0\n');
  });
});
