// A health sensor that observes without pause, and is cut off: what it tells live and what it stored meanwhile is each kept once.

import type { HealthSensor } from '@vitalseal/firmware-sim';
import { until } from '../../site/until.ts';
import type { Host } from './host.ts';
import { Receiver } from './receiver.ts';
import { Wearable } from './wearable.ts';

const STORED = 40;
const EVERY_MS = 500;
const LIVE = 6;

export async function healthSensor(host: Host) {
  const { central, peripheral } = host.pair(1);
  const wearable = new Wearable(peripheral, {
    ...{ kind: 'health-sensor', name: 'Sensor', seed: 4, battery: null },
    ...{ records: STORED, measuresEveryMs: EVERY_MS },
  });
  const sensor = wearable.made as HealthSensor;
  const receiver = new Receiver();
  await wearable.switchOn();
  const startMs = performance.now();
  await receiver.start(central, wearable.address);
  const speaks = async () => {
    const { told } = receiver;
    await until('live observations', () => receiver.told >= told + LIVE, 60);
  };
  let liveMs = 0;
  let storedAtCut = 0;
  try {
    await speaks();
    liveMs = Math.round(performance.now() - startMs);
    storedAtCut = sensor.stored().length;
    if ((await wearable.drop()) !== 1) throw new Error('there was no link to cut');
    await until('the end of the link', () => receiver.status?.state !== 'live', 30);
    await speaks();
  } finally {
    await receiver.stop();
    await wearable.switchOff();
  }
  const { kept, known, quarantined } = receiver;
  const [least, most] = [storedAtCut, sensor.stored().length];
  if (quarantined > 0) throw new Error(`${quarantined} observations were not understood`);
  if (kept.length < least || kept.length > most)
    throw new Error(`${kept.length} observations were kept, of ${least} to ${most}`);
  // The second dump begins where the first one ended.
  if (known > receiver.told) throw new Error(`${known} records came again, of ${receiver.told} that were told live`);
  return { liveMs, observations: kept.length, told: receiver.told, knownFromLive: known };
}
