import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes, sha256, toHex } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../fixtures/facility.ts';
import { facilityLimits } from '../limits.ts';
import { FolderFiles } from './blobs.fs.ts';
import { Blobs } from './blobs.ts';
import { SqliteUsage } from './usage.sqlite.ts';

const user = randomBytes(20);

describe('Blobs', () => {
  it('keeps bytes under their hash over a restart, and forgets them when they are erased', () =>
    inTemporaryFolder(async (dir) => {
      const open = () => {
        const usage = new SqliteUsage(join(dir, 'usage.db'));
        const files = new FolderFiles(join(dir, 'blobs'), join(dir, 'unfinished'));
        return { usage, blobs: new Blobs(files, usage, facilityLimits({ storedBytesPerUser: 250 })) };
      };
      let { usage, blobs } = open();
      const bytes = randomBytes(100);
      const hash = sha256(bytes);
      expect(await blobs.put(hash, bytes, user)).toBe(true);
      expect(await blobs.put(hash, bytes, user)).toBe(false);
      await expect(blobs.put(hash, randomBytes(100), user)).rejects.toMatchObject({ code: 'blob_hash_mismatch' });
      usage.close();
      // What a crash left half written is no blob, and is gone after the next start.
      await writeFile(join(dir, 'unfinished', '.x.part'), 'half');
      ({ usage, blobs } = open());
      expect(await readdir(join(dir, 'unfinished'))).toEqual([]);
      expect(blobs.has(hash)).toBe(true);
      expect(Buffer.from((await blobs.read(hash)) as Uint8Array).equals(bytes)).toBe(true);
      await blobs.put(sha256(bytes.slice(1)), bytes.slice(1), user);
      const third = randomBytes(60);
      await expect(blobs.put(sha256(third), third, user)).rejects.toMatchObject({ code: 'quota_exceeded' });
      expect(await blobs.put(sha256(third), third, randomBytes(20))).toBe(true);
      expect(await blobs.erase(hash)).toBe(true);
      expect(blobs.has(hash)).toBe(false);
      expect(await blobs.read(hash)).toBe(null);
      expect(await blobs.erase(hash)).toBe(false);
      usage.close();
    }));

  it('writes the same blob once when many send it at the same time', () =>
    inTemporaryFolder(async (dir) => {
      const usage = new SqliteUsage(join(dir, 'usage.db'));
      const blobs = new Blobs(new FolderFiles(join(dir, 'b'), join(dir, 'u')), usage, facilityLimits());
      const bytes = randomBytes(5_000);
      const hash = sha256(bytes);
      await Promise.all(Array.from({ length: 20 }, () => blobs.put(hash, bytes, user)));
      const names = (await readdir(join(dir, 'b'), { recursive: true })).filter((name) => name.includes(toHex(hash)));
      expect(names).toHaveLength(1);
      expect(usage.bytesOf(toHex(user))).toBe(bytes.length);
      expect(await readdir(join(dir, 'u'))).toEqual([]);
      usage.close();
    }));
});
