// An export on disk.
import { dirname, join } from 'node:path';
import { DurableFolders, writeDurably } from '../blobs/durable.fs.ts';
import type { OutputFolder } from './export.ts';

export function outputFolder(dir: string): OutputFolder {
  const folders = new DurableFolders(dir, { mode: 0o755 });
  return {
    async write(path, bytes) {
      const file = join(dir, path);
      await folders.make(dirname(file));
      await writeDurably(file, bytes, { mode: 0o644 });
    },
  };
}
