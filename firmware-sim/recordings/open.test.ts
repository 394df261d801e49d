import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRecording } from './open.fs.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitalseal-recording-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const invalid = (message: string) => expect.objectContaining({ name: 'RecordingInvalid', message });
const KINDS = 'a WFDB record (NAME.hea with its signals in format 16, 80 or 212) or a table (.csv, .tsv, .txt)';

it.each(['a.csv', 'a.CSV', 'a.txt', 'a'])('reads %s as a table', async (name) => {
  await writeFile(join(folder, name), 'time,hr\n0,60\n1,61\n');
  expect(openRecording(join(folder, name)).summary).toBe('a: 2 rows of hr');
});

it('says which kinds it takes when the file is of none of them', async () => {
  await writeFile(join(folder, '100.atr'), '1,2\n3,4\n');
  await writeFile(join(folder, 'zip.csv'), Uint8Array.of(80, 75, 3, 4, 0, 0));
  expect(() => openRecording(join(folder, '100.atr'))).toThrow(
    invalid(`100.atr is no recording; replay takes ${KINDS}`),
  );
  expect(() => openRecording(join(folder, 'zip.csv'))).toThrow(
    invalid(`zip.csv is no recording; replay takes ${KINDS}`),
  );
  await writeFile(join(folder, '100.hea'), '');
  expect(() => openRecording(join(folder, '100.atr'))).toThrow(
    invalid(`100.atr is no recording; replay takes ${KINDS}; 100.hea beside it may be one`),
  );
});

it('says that a file is not there, or is a folder', () => {
  for (const name of ['none.csv', 'none.hea', 'none.atr', 'none']) {
    expect(() => openRecording(join(folder, name))).toThrow(invalid(`${name}: no such file`));
  }
  expect(() => openRecording(folder)).toThrow(expect.objectContaining({ message: expect.stringContaining('folder') }));
});
