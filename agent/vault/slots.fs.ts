// The two key slots as files: overwritten in place and synced, never renamed, so that the file system is not asked to
// keep the old blocks. What a flash controller keeps is beyond this file's reach (ARCHITECTURE.md, the thief's table).

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';
import type { SlotFiles } from '../store/slots.ts';

/** Slots `chains-a` and `chains-b` in the folder, which is made when absent (mode 0700; files 0600). */
export function openSlotFiles(folder: string): SlotFiles {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(join(folder, '..'));
  const path = (slot: 0 | 1) => join(folder, slot === 0 ? 'chains-a' : 'chains-b');
  return {
    read(slot) {
      try {
        return readFileSync(path(slot));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw new VitalsealError('store_failed', 'the key slots could not be read');
      }
    },
    write(slot, bytes) {
      try {
        if (write(path(slot), bytes, 'r+')) return;
        write(path(slot), bytes, 'wx');
        syncFolder(folder); // a new file's name must survive, too
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (['ENOSPC', 'EDQUOT', 'EIO'].includes(code)) throw new VitalsealError('disk_full');
        throw error;
      }
    },
  };
}

function write(file: string, bytes: Uint8Array, flags: 'r+' | 'wx'): boolean {
  let fd: number;
  try {
    fd = openSync(file, flags, 0o600);
  } catch (error) {
    if (flags === 'r+' && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return true;
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
