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

/** `freeBytes`: of the disk that holds the folder. */
export function limitsOf(options: VaultOptions, freeBytes: number): Limits {
  return {
    readings: options.batchReadings ?? 10_000,
    bytes: options.batchBytes ?? 256 * 1024,
    ageMs: options.batchAgeMs ?? 300_000,
    epochAgeMs: options.epochAgeMs ?? 86_400_000,
    spoolBytes: options.spoolBytes ?? Math.min(GIB, Math.floor(freeBytes / 2)),
    quarantineBytes: options.quarantineBytes ?? 2 ** 20,
    waitingBytes: options.waitingBytes ?? 8 * 2 ** 20,
  };
}
