// The load of the benchmark: one careful publisher with vital signs that vary as a patient's do, at a bounded rate and count.

import { Publisher } from '../site/publisher.ts';
import type { DeviceAccess } from '../site/site.ts';

const CODES: [code: string, unit: string, middle: number, swing: number, digits: number][] = [
  ['MDC_ECG_HEART_RATE', '/min', 72, 8, 0],
  ['MDC_PULS_OXIM_SAT_O2', '%', 97, 1.5, 0],
  ['MDC_PULS_OXIM_PULS_RATE', '/min', 72, 8, 0],
  ['MDC_RESP_RATE', '/min', 15, 3, 0],
  ['MDC_TEMP_BODY', 'Cel', 36.8, 0.3, 1],
];

const START = Date.parse('2026-11-20T10:00:00Z');

/** Message `n` with `count` readings, one each 100 ms of device time. */
export function vitalSigns(n: number, count: number): Uint8Array {
  const readings = [];
  for (let i = n * count; i < (n + 1) * count; i++) {
    const [code, unit, middle, swing, digits] = CODES[i % CODES.length] as (typeof CODES)[number];
    const value = Number((middle + swing * Math.sin(i / 600) + swing * 0.1 * Math.sin(i * 7.3)).toFixed(digits));
    readings.push({ code, value, unit });
  }
  return Buffer.from(JSON.stringify({ time: new Date(START + n * count * 100).toISOString(), readings }));
}

/** Publishes `messages` messages with `perMessage` readings and resolves when all are acknowledged. */
export async function publishLoad(
  port: number,
  access: DeviceAccess,
  load: { messages: number; perMessage: number; perSecond: number; window?: number },
): Promise<Publisher> {
  const publisher = new Publisher({
    ...{ port, username: access.username, password: access.password, topic: access.topics.json },
    ...{ window: load.window ?? 100, perSecond: load.perSecond },
    next: (n) => (n < load.messages ? { payload: vitalSigns(n, load.perMessage), readings: load.perMessage } : null),
  });
  await publisher.run();
  return publisher;
}
