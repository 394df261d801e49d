// Which names are made durable, and before what: a file counts as stored only when every folder above it does, too.
import { mkdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { randomBytes, sha256, toHex } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../fixtures/facility.ts';
import { facilityLimits } from '../limits.ts';
import { type BlobFiles, Blobs } from './blobs.ts';
import { DurableFolders } from './durable.fs.ts';

describe('DurableFolders', () => {
  it('syncs every name from the folder to the top, once, also those that an earlier life made', () =>
    inTemporaryFolder(async (top) => {
      const synced: string[] = [];
      const folders = () => new DurableFolders(top, { sync: async (path) => void synced.push(relative(top, path)) });
      const path = join(top, 'log', 'tile', '0');
      const first = folders();
      await first.make(path);
      expect((await stat(path)).isDirectory()).toBe(true);
      expect(synced.splice(0)).toEqual(['log/tile/0', 'log/tile', 'log', '']);
      await first.make(path);
      expect(synced).toEqual([]);
      // Made by a process that died before it could sync: this one cannot know.
      await mkdir(join(top, 'log', 'tile', '1'));
      await folders().make(join(top, 'log', 'tile', '1'));
      expect(synced).toEqual(['log/tile/1', 'log/tile', 'log', '']);
    }));
});

describe('Blobs', () => {
  it('holds nothing that is not durable yet, and says "here already" only of what is', async () => {
    const bytes = randomBytes(10);
    const hash = sha256(bytes);
    const there = new Set<string>();
    const events: string[] = [];
    const written = Promise.withResolvers<void>();
    const files: BlobFiles = {
      async write(name) {
        there.add(name); // renamed, its folder not yet synced
        await written.promise;
      },
      settle: async () => void events.push('settled'),
      size: async () => null,
      read: async () => null,
      readSync: () => null,
      has: (name) => there.has(name),
      remove: async () => false,
    };
    const open = () => new Blobs(files, { bytesOf: () => 0, add() {} }, facilityLimits());
    const blobs = open();
    const put = blobs.put(hash, bytes, randomBytes(20));
    expect(there.has(toHex(hash))).toBe(true);
    expect(blobs.has(hash)).toBe(false);
    written.resolve();
    expect(await put).toBe(true);
    expect(blobs.has(hash)).toBe(true);

    expect(await open().put(hash, bytes, randomBytes(20))).toBe(false);
    expect(events).toEqual(['settled']);
  });
});
