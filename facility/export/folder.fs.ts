// An export on disk, beside the facility's own folder and never among its files.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import { DurableFolders, writeDurably } from '../blobs/durable.fs.ts';
import type { OutputFolder } from './export.ts';

/** Folders that a facility keeps in its own. */
const OWN = new Set(['', 'blobs', 'envelopes', 'keys', 'log', 'minted', 'unfinished']);

/** Throws `usage` when `dir` is no folder, or holds what the facility of the folder `facility` keeps. */
export async function outputFolder(dir: string, facility: string): Promise<OutputFolder> {
  const there = await stat(dir).catch(() => null);
  if (there !== null && !there.isDirectory()) throw new VitalsealError('usage', `${dir} is a file, not a folder`);
  const [first = ''] = relative(await realpath(facility), await realPathOf(resolve(dir))).split(sep);
  if (OWN.has(first)) throw new VitalsealError('usage', `${dir} holds the facility's own files; name another folder`);
  const folders = new DurableFolders(dir, { mode: 0o755 });
  return {
    async write(path, bytes) {
      const file = join(dir, path);
      await folders.make(dirname(file));
      await writeDurably(file, bytes, { mode: 0o644 });
    },
  };
}

/** Where `path` leads; of one that is not there yet, where it will. Throws `usage` when a file is in the way. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new VitalsealError('usage', `${path} cannot be made a folder (${code ?? 'unknown'})`);
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
