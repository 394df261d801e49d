// A folder that lives as long as one test, on the disk and not in memory (write figures need a real disk).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly dir: string;
  remove(): Promise<void>;
}

/** Makes a temporary folder that its caller removes. */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  const dir = await mkdtemp(join(tmpdir(), 'vitalseal-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Makes a temporary folder, gives it to `use`, and removes it whatever happens. */
export async function inTemporaryFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder();
  try {
    return await use(folder.dir);
  } finally {
    await folder.remove();
  }
}
