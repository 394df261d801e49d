// Small files that are there whole or not at all, also after a power cut: written beside, synced, renamed, folder synced.
// Whatever the agent writes is for its own user only.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { utf8, VitalsealError } from '@vitalseal/ledger';

/** Replaces `path` with `content`; durable on return. Throws `disk_full` or `store_failed`. */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
  const beside = `${path}.new`;
  try {
    const file = openSync(beside, 'w', mode);
    try {
      const bytes = typeof content === 'string' ? utf8(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw fileError(error, 'a file of the data folder could not be written');
  }
}

/** The file's bytes, or null when there is none. Throws `store_damaged` when it is larger than `maxBytes`. */
export function readSmall(path: string, maxBytes: number): Uint8Array | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(error, 'a file of the data folder could not be read');
  }
  if (bytes.length > maxBytes) throw new VitalsealError('store_damaged', 'a file of the data folder is too large');
  return bytes;
}

/** Removes the file, if any; durable on return. */
export function removeDurably(path: string): void {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

/** Makes the data folder with mode 0700. Throws `usage` when a file is in the way, or `store_failed`. */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 });
    syncFolder(dir);
    syncFolder(dirname(dir));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new VitalsealError('usage', `${dir} cannot be made: a file stands in its way`);
    throw fileError(error, 'the data folder could not be made');
  }
}

function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function fileError(error: unknown, message: string): VitalsealError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new VitalsealError('disk_full');
  return new VitalsealError('store_failed', `${message}${code === undefined ? '' : ` (${code})`}`);
}
