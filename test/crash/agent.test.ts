// The promise of the agent, held against its real process: killed with SIGKILL at random points under load, it loses no
// acknowledged reading and registers none twice.

import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'vitest';
import { KILLS, killUnderLoad, TIME_LIMIT } from './under-load.ts';

test(
  `${KILLS} kills of the agent under load: nothing acknowledged is lost, nothing is registered twice`,
  {
    timeout: TIME_LIMIT,
  },
  () =>
    killUnderLoad({
      perMessage: 5,
      messagesPerSecond: 200,
      async kill(site) {
        await site.agent.stop('SIGKILL');
        // One life in three ends before its broker listens: recovery itself is killed.
        while (Math.random() < 1 / 3) {
          const start = site.startAgent().catch(() => {});
          await pause(Math.random() * 400);
          await site.agent.stop('SIGKILL');
          await start;
        }
        await site.startAgent();
      },
    }),
);
