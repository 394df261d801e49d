// Runs one scenario in the guest, bounded in time, and reports on it in a line of JSON.

import { setTimeout as pause } from 'node:timers/promises';
import { formatReport, type Scenario } from '../scenarios.ts';

const SCENARIO_MS = 90_000;

/** `log` is printed when it fails. */
export async function scenario(
  name: Scenario,
  work: () => Promise<Record<string, number>>,
  log: () => string,
): Promise<void> {
  const startMs = performance.now();
  const late = pause(SCENARIO_MS).then(() => Promise.reject(new Error(`not done after ${SCENARIO_MS} ms`)));
  const report = await Promise.race([work(), late]).then(
    (facts) => ({ failure: null, facts }),
    (error: unknown) => ({
      failure: error instanceof Error ? `${error.stack} ${error.cause ?? ''}` : `${error}`,
      facts: {},
    }),
  );
  if (report.failure !== null) console.log(log());
  const ms = Math.round(performance.now() - startMs);
  console.log(formatReport({ scenario: name, failure: report.failure, facts: { ms, ...report.facts } }));
}
