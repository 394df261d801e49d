// Files of a wallet's folder. Each is written whole under another name, synced, and renamed into place: after a power
// cut it is the old one or the new one, and a key that was reported is on the disk.
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';

const SECRET = 0o600;

/** The folder, readable by its owner alone, made when it is not there. */
export async function makePrivateFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw failed(error, dir);
  }
}

/** Null when there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw failed(error, path);
  }
}

/** What is written: whole, or piece after piece. */
type Content = string | Uint8Array | Iterable<string>;

/** Writes a file of mode 0600. It has survived a power cut when the promise resolves. Throws `disk_full`, `store_failed`. */
export async function writeSecret(path: string, data: Content): Promise<void> {
  await writeDurable(path, data, SECRET);
}

/** The same for a file that anyone may read. */
export async function writeOpen(path: string, data: Content): Promise<void> {
  await writeDurable(path, data, 0o644);
}

/** Durable on resolve. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (error) {
    throw failed(error);
  }
}

async function writeDurable(path: string, data: Content, mode: number): Promise<void> {
  const partial = join(dirname(path), `.${process.pid}.partial`);
  try {
    // A file of that name is a stranger's, or a crash's: nothing is written into it, nor through it if it is a link.
    await rm(partial, { force: true });
    const file = await open(partial, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    // The mode of a new file passes through the umask; a secret's must be exactly this.
    await chmod(partial, mode);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw failed(error);
  }
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What a person who named `path` can mend is told with it. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'may not be used by this user',
  EEXIST: 'is a file, not a folder',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'is not below a folder, but below a file',
};

function failed(error: unknown, path?: string): VitalsealError {
  const { code } = error as NodeJS.ErrnoException;
  const words = WORDS[code ?? ''];
  if (path !== undefined && words !== undefined) return new VitalsealError('usage', `${path} ${words}`);
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new VitalsealError('disk_full')
    : new VitalsealError('store_failed', `a file could not be read or written (${code ?? 'unknown'})`);
}
