// The facility's promise, held against its real process: killed at random points while an agent registers, it loses nothing that
// it gave a receipt for, its log stays one log, and the agent ends with everything proven.

import { test } from 'vitest';
import { KILLS, killUnderLoad, TIME_LIMIT } from './under-load.ts';

test(
  `${KILLS} kills of the facility under load: every registration ends proven, once, in one log`,
  {
    timeout: TIME_LIMIT,
  },
  () =>
    killUnderLoad({
      perMessage: 2,
      messagesPerSecond: 100,
      async kill(site) {
        await site.facility.stop('SIGKILL');
        await site.startFacility();
      },
    }),
);
