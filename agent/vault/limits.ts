// The vault's limits with nothing left open.

import type { BatchLimits } from '../batch/batcher.ts';
import type { VaultOptions } from './vault.ts';

export interface Limits extends BatchLimits {
  readonly epochAgeMs: number;
  readonly spoolBytes: number;
  readonly quarantineBytes: number;
  readonly waitingBytes: number;
}

const GIB = 2 ** 30;
/** On a disk that has less, it is the disk that says no: what came is told so, and nothing that was kept is dropped for it. */
const SMALLEST_SPOOL = 8 * 2 ** 20;

/**
 * `disk`: bytes free where the folder is, and bytes that the store has there already. Both count, or a start beside a
 * long backlog would find it too large and drop it.
 */
export function limitsOf(options: VaultOptions, disk: { readonly free: number; readonly stored: number }): Limits {
  const half = Math.floor((disk.free + disk.stored) / 2);
  return {
    readings: options.batchReadings ?? 10_000,
    bytes: options.batchBytes ?? 256 * 1024,
    ageMs: options.batchAgeMs ?? 300_000,
    epochAgeMs: options.epochAgeMs ?? 86_400_000,
    spoolBytes: options.spoolBytes ?? Math.min(GIB, Math.max(SMALLEST_SPOOL, half, Math.min(disk.stored, GIB))),
    quarantineBytes: options.quarantineBytes ?? 2 ** 20,
    waitingBytes: options.waitingBytes ?? 8 * 2 ** 20,
  };
}
