// Waiting for a condition of another process: polls, with a bound, and says what it waited for.

import { setTimeout as pause } from 'node:timers/promises';

/** Polls `probe` until it gives something truthy; throws after `seconds` with the name of what was awaited. */
export async function until<T>(what: string, probe: () => Promise<T> | T, seconds = 30): Promise<NonNullable<T>> {
  const end = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value) return value as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await pause(25);
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause: last });
}
