import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readText, removeFile, writeOpen, writeSecret } from './folder.fs.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vitalseal-wallet-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

it('writes a secret for its owner alone, and leaves nothing else', async () => {
  const path = join(dir, 'identity');
  writeFileSync(path, 'old', { mode: 0o644 });
  await writeSecret(path, 'secret');
  expect([await readText(path), modeOf(path)]).toEqual(['secret', 0o600]);
  await writeOpen(join(dir, 'policy'), 'open');
  expect(modeOf(join(dir, 'policy'))).toBe(0o644);
  await removeFile(path);
  await removeFile(path);
  expect(await readText(path)).toBe(null);
  expect(readdirSync(dir)).toEqual(['policy']);
});

it('writes a secret into no file that was there before, nor through a link', async () => {
  const [elsewhere, partial] = [join(dir, 'elsewhere'), join(dir, `.${process.pid}.partial`)];
  writeFileSync(elsewhere, 'untouched');
  symlinkSync(elsewhere, partial);
  await writeSecret(join(dir, 'identity'), 'secret');
  expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  expect(readdirSync(dir).sort()).toEqual(['elsewhere', 'identity']);
});

it('tells a missing folder as a store that failed, and a folder in a file’s place by its name', async () => {
  await expect(writeSecret(join(dir, 'none', 'identity'), 'x')).rejects.toMatchObject({ code: 'store_failed' });
  await expect(readText(dir)).rejects.toMatchObject({ code: 'usage', message: `${dir} is a folder, not a file` });
});
