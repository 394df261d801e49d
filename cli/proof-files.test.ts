import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@vitalseal/ledger';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeProof } from './proof-files.fs.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-proof-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const [proof, entry, own] = ['proof', 'entry', 'own'].map(utf8) as [Uint8Array, Uint8Array, Uint8Array];

it('writes entry and own beside the proof, in place of its last ending', async () => {
  const files = await writeProof(join(folder, 'a.b.tlog-proof'), { proof, entry, own });
  expect((await readdir(folder)).toSorted()).toEqual(['a.b.entry', 'a.b.own', 'a.b.tlog-proof']);
  expect(await readFile(files.own ?? '', 'utf8')).toBe('own');
});

it('leaves no part of an earlier proof that verify would take for this one’s', async () => {
  const out = join(folder, 'a.tlog-proof');
  await writeProof(out, { proof, entry, own });
  expect(await writeProof(out, { proof, entry, own: null })).toMatchObject({ own: null });
  expect((await readdir(folder)).toSorted()).toEqual(['a.entry', 'a.tlog-proof']);
});

it('says that a folder is missing, or where the proof should go, and writes nothing', async () => {
  const none = join(folder, 'none', 'a.tlog-proof');
  const words = { code: 'usage', message: `--out: there is no folder ${join(folder, 'none')}` };
  await expect(writeProof(none, { proof, entry, own })).rejects.toMatchObject(words);
  const inner = join(folder, 'inner.d');
  await mkdir(inner);
  await expect(writeProof(inner, { proof, entry, own })).rejects.toMatchObject({
    message: `--out: ${inner} is a folder, not a file`,
  });
  expect(await readdir(folder)).toEqual(['inner.d']);
});

it.each(['a.entry', 'a.own'])('does not write a proof to %s, which is another part’s name', async (name) => {
  await expect(writeProof(join(folder, name), { proof, entry, own })).rejects.toMatchObject({ code: 'usage' });
  expect(await readdir(folder)).toEqual([]);
});
