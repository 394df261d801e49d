// Whose turn it is in a folder. A short command, a start and a stop hold the lock for a moment and are waited for, so that
// `run &` and the next command do not trip over each other; whoever runs answers the control socket and is not waited for.
import { setTimeout as pause } from 'node:timers/promises';
import { isVitalsealError } from '@vitalseal/ledger';

const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/**
 * Takes the lock, waiting for whoever has it for a moment. Throws `folder_locked` as soon as `runs` says that somebody
 * answers there, else after `patienceMs`; and what `lock` throws otherwise.
 */
export async function takeTurn<L>(
  lock: () => L,
  runs: () => Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<L> {
  const end = performance.now() + patienceMs;
  while (true) {
    try {
      return lock();
    } catch (error) {
      if (!isVitalsealError(error, 'folder_locked') || (await runs()) || performance.now() >= end) throw error;
    }
    await pause(LOOK_MS);
  }
}

/** The answer of the process that runs, or the lock when none does; `ask` resolves with undefined then. Throws as both. */
export async function askOrTakeTurn<L>(
  ask: () => Promise<unknown>,
  lock: () => L,
  patienceMs?: number,
): Promise<{ readonly answer: unknown } | { readonly lock: L }> {
  let answer = await ask();
  const answered = async () => {
    answer = await ask();
    return answer !== undefined;
  };
  try {
    if (answer === undefined) return { lock: await takeTurn(lock, answered, patienceMs) };
  } catch (error) {
    if (answer === undefined) throw error;
  }
  return { answer };
}
