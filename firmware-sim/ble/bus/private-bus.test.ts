import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { busIsThere } from '../fake-bluez/client.testing.ts';
import { connectBus } from './connection.bluez.ts';
import { startPrivateBus } from './private-bus.fs.ts';

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(!busIsThere())('a private bus', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vs-bus-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('answers, and is gone when it was stopped', async () => {
    const { address, pid, stop } = await startPrivateBus(dir);
    (await connectBus(address)).disconnect();
    expect(isAlive(pid)).toBe(true);
    await stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(dir, 'bus'))).toBe(false);
    await expect(connectBus(address)).rejects.toThrow();
  });

  it('can be stopped after it died', async () => {
    const { pid, stop } = await startPrivateBus(dir);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    await stop();
  });

  it('does not outlive the process that started it', async () => {
    const program = join(dir, 'parent.mjs');
    const bus = new URL('./private-bus.fs.ts', import.meta.url);
    writeFileSync(
      program,
      `const { startPrivateBus } = await import(${JSON.stringify(bus.href)});
       process.send((await startPrivateBus(${JSON.stringify(dir)})).pid);`,
    );
    const parent = fork(program, { cwd: fileURLToPath(new URL('.', bus)), execArgv: [] });
    const [pid] = (await once(parent, 'message')) as [number];
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('says why it cannot start', async () => {
    await expect(startPrivateBus(join(dir, 'x'.repeat(100)))).rejects.toThrow('too long');
    await expect(startPrivateBus(join(dir, 'two words'))).rejects.toThrow('cannot hold');
  });
});
