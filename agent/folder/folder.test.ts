import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '@vitalseal/ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Enrolment, formatEnrolment } from '../enrol/enrolment.ts';
import { makeFolder, readSmall, writeDurably } from './durable.fs.ts';
import { AgentFiles } from './files.fs.ts';
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

describe('the draft of an enrolment', () => {
  const keys = {
    ...{ signing: new Uint8Array(32), identity: 'secret', recipient: 'age1', recoverySigning: new Uint8Array(32) },
    recoveryRecipient: 'age1',
  };
  const draft: Enrolment = {
    ...{ version: 1, kind: 'code', of: 'abc', facility: '', origin: '', policy: '', owner: '', address: '', pin: null },
    ...{ keys, entry: null, voucher: null, own: [], chain: [], done: false },
  };

  it('goes, with the keys in it, even when the power went before it could', () => {
    const files = new AgentFiles(dir);
    files.saveEnrolmentDraft(draft);
    expect(files.enrolment()).toBeNull();
    expect(files.enrolmentDraft()).toEqual(draft);
    writeDurably(join(dir, 'enrolment.json'), formatEnrolment({ ...draft, keys: null, done: true }));
    expect(files.enrolment()).toMatchObject({ done: true });
    expect(readdirSync(dir)).toEqual(['enrolment.json']);
  });

  it('of a later enrolment stays until that one is done', () => {
    const files = new AgentFiles(dir);
    files.saveEnrolmentDraft({ ...draft, of: 'def' });
    writeDurably(join(dir, 'enrolment.json'), formatEnrolment({ ...draft, keys: null, done: true }));
    files.enrolment();
    expect(files.enrolmentDraft()?.of).toBe('def');
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

  it('are in a folder that a file is not in the way of', () => {
    writeFileSync(join(dir, 'file'), '');
    for (const path of [join(dir, 'file'), join(dir, 'file', 'below')])
      expect(() => makeFolder(path)).toThrowError(expect.objectContaining({ code: 'usage' }));
  });

  it('stay what they were when writing fails', () => {
    const path = join(dir, 'file');
    writeFileSync(path, 'one');
    mkdirSync(`${path}.new`);
    expect(() => writeDurably(path, 'two')).toThrowError(expect.objectContaining({ code: 'store_failed' }));
    expect(readFileSync(path, 'utf8')).toBe('one');
  });
});
