import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '@vitalseal/ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, readSmall, writeDurably } from './durable.fs.ts';
import { lockFolder } from './lock.sqlite.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vitalseal-folder-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the lock of a folder', () => {
  it('refuses a second agent, also of the same process, and names the first', () => {
    const first = lockFolder(dir);
    expect(() => lockFolder(dir)).toThrowError(
      expect.objectContaining({ code: 'folder_locked', message: `the process ${process.pid} uses the folder` }),
    );
    first.release();
    lockFolder(dir).release();
  });

  it('ends with a process that is killed', async () => {
    const code = `import {lockFolder} from ${JSON.stringify(join(import.meta.dirname, 'lock.sqlite.ts'))}; lockFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => lockFolder(dir)).toThrowError(`the process ${child.pid} uses the folder`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockFolder(dir).release();
  });

  it('says that there is no folder', () => {
    expect(() => lockFolder(join(dir, 'none'))).toThrowError(expect.objectContaining({ code: 'folder_missing' }));
  });
});

describe('small files', () => {
  it('are replaced whole, for their user only', () => {
    makeFolder(join(dir, 'agent'));
    const path = join(dir, 'agent', 'file');
    writeDurably(path, 'one');
    writeDurably(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'agent')).mode & 0o777).toBe(0o700);
    expect(fromUtf8(readSmall(path, 3) as Uint8Array)).toBe('two');
    expect(() => readSmall(path, 2)).toThrowError(expect.objectContaining({ code: 'store_damaged' }));
    expect(readSmall(join(dir, 'none'), 3)).toBeNull();
  });

  it('stay what they were when writing fails', () => {
    const path = join(dir, 'file');
    writeFileSync(path, 'one');
    mkdirSync(`${path}.new`);
    expect(() => writeDurably(path, 'two')).toThrowError(expect.objectContaining({ code: 'store_failed' }));
    expect(readFileSync(path, 'utf8')).toBe('one');
  });
});
