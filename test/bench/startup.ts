// How long until the agent's broker listens: cold, and after kill -9 with readings in its inbox; and its memory while idle.

import { setTimeout as pause } from 'node:timers/promises';
import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite } from '../site/site.ts';
import { publishLoad } from './load.ts';
import { memory } from './process-figures.ts';

/** Milliseconds from spawn to the first accepted connection (median of `runs`), and MB when idle. */
export function measureStartup(runs = 5) {
  return inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir);
    const access = await site.addDevice('bench');
    await pause(3_000);
    const idle = memory(site.agent.pid);

    const timeStart = async () => {
      const start = performance.now();
      await site.startAgent();
      return performance.now() - start;
    };
    const cold: number[] = [];
    const afterKill: number[] = [];
    for (let run = 0; run < runs; run++) {
      await site.agent.stop();
      cold.push(await timeStart());
      await publishLoad(site.mqttPort, access, { messages: 500, perMessage: 10, perSecond: 2_000 });
      await site.agent.stop('SIGKILL');
      afterKill.push(await timeStart());
    }
    await site.stop();
    return {
      coldStartMs: median(cold),
      afterKillMs: median(afterKill),
      idleRssMb: idle.rss,
      idlePrivateDirtyMb: idle.privateDirty,
    };
  });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
