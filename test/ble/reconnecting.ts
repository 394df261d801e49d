// A process that holds one radio and reconnects one device over and over: `node --expose-gc reconnecting.ts BUS ADDRESS TIMES`.
// Whoever started it is asked over IPC to drop the link, and is told how the heap stands.
import { once } from 'node:events';
import { bluezRadio } from '../../gateway/ble/bluez/radio.bluez.ts';
import type { RadioEvent } from '../../gateway/ble/radio.ts';

export interface ReconnectReport {
  readonly reconnects: number;
  readonly heapUsed: number;
  readonly rss: number;
  /** From the loss of the link to the first value, ms: median and worst since the last report. */
  readonly medianMs: number;
  readonly worstMs: number;
}

const [busAddress = '', address = '', times = '0'] = process.argv.slice(2);
const REPORTS = 5;
const radio = bluezRadio({ busAddress, adapter: 'hci0', log: () => {} });
let expected: { readonly kind: RadioEvent['kind']; readonly come: () => void } | null = null;
const next = (kind: RadioEvent['kind']) => new Promise<void>((come) => (expected = { kind, come }));

function tell(message: object): void {
  process.send?.(message);
}

async function report(reconnects: number, took: number[]): Promise<void> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, rss } = process.memoryUsage();
  took.sort((a, b) => a - b);
  const medianMs = took[took.length >> 1] ?? 0;
  tell({ reconnects, heapUsed, rss, medianMs, worstMs: took.at(-1) ?? 0 } satisfies ReconnectReport);
  await once(process, 'message');
}

await radio.start((event) => {
  if (event.kind === expected?.kind) expected.come();
});
let come = next('sighting');
await radio.discover(true);
await come;
let lostMs = performance.now();
let took: number[] = [];
for (let i = 1; i <= Number(times); i++) {
  const characteristics = await radio.connect(address);
  come = next('value');
  const handle = characteristics.find(({ uuid }) => uuid === '2A37')?.handle ?? '';
  await radio.subscribe(address, handle);
  await come;
  took.push(performance.now() - lostMs);
  if (i % (Number(times) / REPORTS) === 0) {
    await report(i, took);
    took = [];
  }
  come = next('disconnected');
  tell({ drop: true });
  await come;
  lostMs = performance.now();
}
await radio.stop();
process.disconnect();
