// An export on disk.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from '../blobs/durable.fs.ts';
import { storeError } from '../store-error.ts';
import type { OutputFolder } from './export.ts';

export function outputFolder(dir: string): OutputFolder {
  return {
    async write(path, bytes) {
      const file = join(dir, path);
      try {
        await mkdir(dirname(file), { recursive: true });
      } catch (error) {
        throw storeError(error);
      }
      await writeDurably(file, bytes, { mode: 0o644 });
    },
  };
}
