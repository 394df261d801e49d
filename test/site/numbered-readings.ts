// Readings that can be told apart: each carries its own number as its value, so that a lost or doubled one can be named.

const START = Date.parse('2026-11-20T10:00:00Z');

/** A payload of our own JSON with `count` readings, numbered from `first`. */
export function numberedPayload(first: number, count: number): Uint8Array {
  const readings = [];
  for (let i = first; i < first + count; i++) {
    const time = new Date(START + i * 100).toISOString();
    readings.push({ code: 'MDC_ECG_HEART_RATE', value: i, unit: '/min', time });
  }
  return new TextEncoder().encode(JSON.stringify({ readings }));
}

/** What came back compared with what was acknowledged. Numbers are message-wise ranges: message n holds n·count … n·count+count-1. */
export function compareNumbers(found: Iterable<number>, acknowledged: Set<number>, perMessage: number) {
  const times = new Map<number, number>();
  for (const n of found) times.set(n, (times.get(n) ?? 0) + 1);
  let lost = 0;
  for (const message of acknowledged)
    for (let i = 0; i < perMessage; i++) if (!times.has(message * perMessage + i)) lost++;
  let duplicates = 0;
  for (const count of times.values()) duplicates += count - 1;
  return { lost, duplicates, distinct: times.size };
}
