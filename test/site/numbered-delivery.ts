// Numbered readings through a whole site: published until acknowledged, proven, and read back by their owner. The two questions
// of every trouble test are here: was anything acknowledged lost, and was anything registered twice?

import { runJson } from './command.ts';
import { compareNumbers, numberedPayload } from './numbered-readings.ts';
import { Publisher } from './publisher.ts';
import type { DeviceAccess, Site } from './site.ts';
import { until } from './until.ts';

export interface ReadingRow {
  device: string;
  code: string;
  unit: string;
  value: string;
  record: string;
  deviceTime?: string;
  context?: Readonly<Record<string, unknown>>;
}

/** A publisher of `count` messages with one reading each, numbered from `first`. */
export function numberedPublisher(
  { mqttPort: port }: Site,
  { username, password, topics }: DeviceAccess,
  first: number,
  count: number,
  perSecond = 1_000,
): Publisher {
  return new Publisher({
    ...{ port, username, password, topic: topics.json, window: 20, perSecond },
    next: (n) => (n < count ? { payload: numberedPayload(first + n, 1), readings: 1 } : null),
  });
}

/** Publishes readings `first` … `first + count - 1` and resolves when all are acknowledged. */
export async function deliver(site: Site, access: DeviceAccess, first: number, count: number): Promise<void> {
  await numberedPublisher(site, access, first, count).run();
}

/** Resolves when exactly `readings` are proven and nothing waits. */
export async function allProven(site: Site, readings: number, seconds = 30): Promise<void> {
  await until(
    `${readings} readings to be proven`,
    async () => {
      const { backlog, proven } = await site.status();
      return backlog.readings === 0 && proven >= readings;
    },
    seconds,
  );
}

/** What the holder of an identity can fetch, verify and decrypt. */
export async function readAll(site: Site, identity = site.identity): Promise<ReadingRow[]> {
  const read = ['read', '--all', '--identity', identity, '--facility', site.facilityUrl];
  return (await runJson<{ readings: ReadingRow[] }>(read)).readings;
}

/** Compares what the owner can read with the readings 0 … count-1 that were acknowledged. */
export async function compareRead(site: Site, count: number, identity = site.identity) {
  const numbers = (await readAll(site, identity)).map(({ value }) => Number(value));
  return compareNumbers(numbers, new Set(Array.from({ length: count }, (_, n) => n)), 1);
}

/** What `compareRead` gives when nothing was lost and nothing doubled. */
export const exactlyOnce = (count: number) => ({ lost: 0, duplicates: 0, distinct: count });
