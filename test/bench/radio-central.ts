// Our side of the radio benchmark: the whole Bluetooth source (allow list, sessions, decoding, stamping) over BlueZ's adapter.
// Arguments: BUS COUNT SECONDS. Prints JSON when it has measured.
import { startRadioGateway } from './radio-gateway.ts';

const [busAddress = '', count = '1', seconds = '10'] = process.argv.slice(2);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let values = 0;
const heard = new Set<number>();
const gateway = await startRadioGateway(busAddress, Number(count), (strap) => {
  values++;
  if (heard.size < Number(count)) heard.add(strap);
});
while (heard.size < Number(count)) await pause(50);
await pause(1000);
values = 0;
const [before, start] = [process.cpuUsage(), performance.now()];
await pause(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before);
const elapsed = (performance.now() - start) / 1000;
const measured = { valuesPerSecond: values / elapsed, cpuPercent: (user + system) / 1e4 / elapsed };
process.stdout.write(`${JSON.stringify({ ...measured, rssMb: process.memoryUsage().rss / 2 ** 20 })}\n`);
await gateway.stop();
process.exit(0);
