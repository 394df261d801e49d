// Runs the scenarios of the guest, each bounded in time, and reports on each in a line of JSON. One that is not done in time goes
// on, since nothing can end it: what comes after it would run beside it, and is not run.

import { setTimeout as pause } from 'node:timers/promises';
import { formatReport, type Scenario } from '../scenarios.ts';

/** Several times what the longest takes on a machine with much else to do. */
const SCENARIO_MS = 180_000;

let notDone: Scenario | null = null;

/** `log` is printed when it fails. */
export async function scenario(
  name: Scenario,
  work: () => Promise<Record<string, number>>,
  log: () => string,
): Promise<void> {
  if (notDone !== null) {
    const failure = `not run: ${notDone} was not done in time, and still goes on`;
    console.log(formatReport({ scenario: name, failure, facts: {} }));
    return;
  }
  const startMs = performance.now();
  const done = new AbortController();
  const late = pause(SCENARIO_MS, undefined, { signal: done.signal }).then(() => {
    notDone = name;
    throw new Error(`not done after ${SCENARIO_MS} ms`);
  });
  const report = await Promise.race([work(), late]).then(
    (facts) => ({ failure: null, facts }),
    (error: unknown) => ({
      failure: error instanceof Error ? `${error.stack} ${error.cause ?? ''}` : `${error}`,
      facts: {},
    }),
  );
  done.abort();
  if (report.failure !== null) console.log(log());
  const ms = Math.round(performance.now() - startMs);
  console.log(formatReport({ scenario: name, failure: report.failure, facts: { ms, ...report.facts } }));
}
