// A meter with stored records, which drops the link in the middle of a dump, and again in the next.

import { until } from '../../site/until.ts';
import type { Host } from './host.ts';
import { Receiver } from './receiver.ts';
import { Wearable } from './wearable.ts';

/** A whole dump takes several times what BlueZ needs for a drop, also while the machine has much else to do. */
const RECORDS = 1000;
const CUTS = 2;
/** Packets of a link after which the meter drops it; BlueZ takes two seconds for it, in which the dump goes on. */
const CUT_AFTER = 20;

export async function storedRecords(host: Host) {
  const { central, peripheral } = host.pair(1);
  const meter = new Wearable(peripheral, { kind: 'glucose-ble', name: 'Meter', records: RECORDS, seed: 2 });
  const receiver = new Receiver();
  let cuts = 0;
  let cutting = false;
  meter.onSent = () => {
    if (cutting || cuts === CUTS || meter.sent.length - (meter.ends.at(-1) ?? 0) < CUT_AFTER) return;
    cutting = true;
    void meter.drop().then((ended) => {
      cuts += ended;
      cutting = false;
    });
  };
  await meter.switchOn();
  const startMs = performance.now();
  await receiver.start(central, meter.address);
  let wholeMs = 0;
  try {
    await until('every record', () => new Set(receiver.records).size >= RECORDS, 90);
    wholeMs = Math.round(performance.now() - startMs);
    await until('the end of the last dump', () => receiver.status?.state === 'live', 60);
  } finally {
    await receiver.stop();
    await meter.switchOff();
  }
  const { records, known, quarantined } = receiver;
  if (records.length !== RECORDS) throw new Error(`${records.length} records of ${RECORDS} were kept`);
  if (quarantined > 0) throw new Error(`${quarantined} packets were not understood`);
  if (cuts !== CUTS) throw new Error(`the link was cut ${cuts} times`);
  // The second dump begins where the cursor stood, and may be over before its link is.
  const first = meter.sent[(meter.ends.find((end) => end > 0) ?? 0) - 1];
  if (first?.record === null) throw new Error('the first dump was over before its link was cut');
  return { wholeMs, records: records.length, cuts, cameAgain: known, packets: meter.sent.length };
}
