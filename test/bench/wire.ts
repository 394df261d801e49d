// Bytes on the wire for each reading, TCP payload of both directions, everything included: blobs, entries, receipts, checkpoints,
// proofs. The batch holds what five minutes of one stream hold at the given rate.

import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite } from '../site/site.ts';
import { until } from '../site/until.ts';
import { startWireMeter, type WireMeter } from '../site/wire-meter.ts';
import { publishLoad } from './load.ts';

const FIVE_MINUTES = 300;

/** Bytes a reading for a stream with `readingsPerSecond`, over three batches after the epoch's first. */
export function measureWire(readingsPerSecond: number) {
  return inTemporaryFolder(async (dir) => {
    let meter: WireMeter | undefined;
    const site = await makeSite(dir, {
      agentConfig: '[batch]\nmax_age_seconds = 2',
      facilitySeenAs: async (url) => {
        meter = await startWireMeter(url);
        return meter.url;
      },
    });
    if (!meter) throw new Error('no meter');
    const access = await site.addDevice('bench');
    const perBatch = readingsPerSecond * FIVE_MINUTES;
    const sendBatch = async (batches: number) => {
      await publishLoad(site.mqttPort, access, { messages: perBatch / 10, perMessage: 10, perSecond: 100_000 });
      await until('the batch to be proven', async () => (await site.status()).proven >= perBatch * batches);
    };
    await sendBatch(1);
    const before = meter.bytes();
    for (let batch = 2; batch <= 4; batch++) await sendBatch(batch);
    const after = meter.bytes();
    await site.stop();
    meter.stop();
    const readings = perBatch * 3;
    return {
      readingsPerSecond,
      bytesPerReading: (after.up - before.up + after.down - before.down) / readings,
      upBytesPerReading: (after.up - before.up) / readings,
    };
  });
}
