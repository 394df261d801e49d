import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAKE_NPM } from './fake-npm.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitalseal-install-'));
const script = join(folder, 'deploy', 'ensure-installed.js');
const env = { ...process.env, npm_execpath: join(folder, 'npm-cli.js') };
const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });

function lock(version: string): void {
  const packages = { '': {}, agent: { version: '1.0.0' }, 'node_modules/x': { version } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
}

beforeAll(() => {
  mkdirSync(join(folder, 'deploy'));
  cpSync(fileURLToPath(new URL('../../deploy/ensure-installed.js', import.meta.url)), script);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'npm-cli.js'), FAKE_NPM);
  lock('1.0.0');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('deploy/ensure-installed.js', () => {
  it('installs with npm ci first, and again only when the lock file has changed', () => {
    const show = () => run('cat', join(folder, 'calls'));
    expect(show()).toMatchObject({ status: 0, stdout: 'ci\n', stderr: expect.stringContaining('installing') });
    expect(show()).toMatchObject({ status: 0, stdout: 'ci\n', stderr: '' });
    lock('1.0.1');
    expect(show()).toMatchObject({ status: 0, stdout: 'ci\nci\n' });
    expect(run()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('runs a command with the installed programs first, keeps its output and exit code', () => {
    const { status, stdout, stderr } = run('node', '-p', 'process.env.PATH.split(":")[0]');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${folder}/node_modules/.bin\n`, stderr: '' });
    expect(run('node', '-e', 'process.exit(7)').status).toBe(7);
  });

  it('says when the command does not exist', () => {
    expect(run('no-such-program')).toMatchObject({ status: 127, stderr: expect.stringContaining('no-such-program') });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and waits for the end', async (signal) => {
    const program = `process.on('${signal}', () => setTimeout(() => process.exit(5), 50)); console.log('up'); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, [script, 'node', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([5, null]);
  });
});
