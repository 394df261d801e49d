// An outage of the link: readings pile up sealed, the link comes back; how soon does data flow, and how fast is the backlog proven.

import { setTimeout as pause } from 'node:timers/promises';
import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';
import { startWireMeter, type WireMeter } from '../site/wire-meter.ts';
import { publishLoad } from './load.ts';

/** `readings` are collected while the link is down (10 a message). Seconds and readings/s after it is up again. */
export function measureOutage(readings: number) {
  return inTemporaryFolder(async (dir) => {
    let meter: WireMeter | undefined;
    const site = await makeSite(dir, {
      agentConfig: '[batch]\nmax_age_seconds = 1',
      facilitySeenAs: async (url) => {
        meter = await startWireMeter(url);
        return meter.url;
      },
    });
    if (!meter) throw new Error('no meter');
    const access = await site.addDevice('bench');
    meter.setLink(false);
    await publishLoad(site.mqttPort, access, { messages: readings / 10, perMessage: 10, perSecond: 5_000 });
    await pause(4_000);
    const before = meter.bytes().up;
    meter.setLink(true);
    const start = performance.now();
    await until('first data', () => (meter as WireMeter).bytes().up > before + 2_000);
    const firstDataSeconds = (performance.now() - start) / 1000;
    await until('all to be proven', async () => (await site.status()).proven >= readings, 120);
    const drainSeconds = (performance.now() - start) / 1000;
    await site.stop();
    meter.stop();
    return { readings, firstDataSeconds, drainReadingsPerSecond: readings / drainSeconds };
  });
}
