// How much of a core one reading costs the agent from the PUBLISH to its proof, at burst and at steady rates, with memory and disk.

import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';
import { publishLoad } from './load.ts';
import { bytesWritten, cpuSeconds, memory } from './process-figures.ts';

export interface ThroughputFigures {
  readings: number;
  perMessage: number;
  wallReadingsPerSecond: number;
  readingsPerSecondPerCore: number;
  cpuMicrosecondsPerReading: number;
  diskBytesPerReading: number;
  rssMb: number;
  privateDirtyMb: number;
}

/** Publishes, waits until everything is proven, and accounts the agent's process for all of it. */
export function measureThroughput(load: {
  messages: number;
  perMessage: number;
  perSecond: number;
  /** How old a batch may get; what is open at the end is flushed, as at the end of a batch. */
  batchSeconds: number;
}): Promise<ThroughputFigures> {
  return inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentConfig: `[batch]\nmax_age_seconds = ${load.batchSeconds}` });
    const access = await site.addDevice('bench');
    const pid = site.agent.pid;
    const before = { cpu: cpuSeconds(pid), disk: bytesWritten(pid), wall: performance.now() };
    const publisher = await publishLoad(site.mqttPort, access, load);
    const wallSeconds = (performance.now() - before.wall) / 1000;
    const readings = publisher.acknowledgedReadings;
    const loaded = memory(pid);
    await runJson(['agent', 'flush', '--data', site.agentDir]);
    await until('all to be proven', async () => (await site.status()).proven >= readings, 120);
    const cpu = cpuSeconds(pid) - before.cpu;
    const disk = bytesWritten(pid) - before.disk;
    await site.stop();
    return {
      readings,
      perMessage: load.perMessage,
      wallReadingsPerSecond: readings / wallSeconds,
      readingsPerSecondPerCore: readings / cpu,
      cpuMicrosecondsPerReading: (cpu / readings) * 1e6,
      diskBytesPerReading: disk / readings,
      rssMb: loaded.rss,
      privateDirtyMb: loaded.privateDirty,
    };
  });
}
