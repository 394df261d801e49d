// The peer of the radio benchmark: node-ble 1.13 over the kept fork of dbus-next, doing what its own documentation shows.
// Arguments: `load` BUS COUNT SECONDS, or `reconnects` BUS TIMES. The bus is taken from DBUS_SYSTEM_BUS_ADDRESS. Prints JSON.
import { createBluetooth } from 'node-ble';
import { heapMb } from './heap.ts';
import { strapAddress } from './radio-address.ts';

const [mode, , count = '1', seconds = '10'] = process.argv.slice(2);
const HEART_RATE = '0000180d-0000-1000-8000-00805f9b34fb';
const MEASUREMENT = '00002a37-0000-1000-8000-00805f9b34fb';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const { bluetooth } = createBluetooth();
const adapter = await bluetooth.defaultAdapter();
if (!(await adapter.isDiscovering())) await adapter.startDiscovery();
let values = 0;

async function subscribe(index: number) {
  const device = await adapter.waitDevice(strapAddress(index));
  await device.connect();
  const server = await device.gatt();
  const characteristic = await (await server.getPrimaryService(HEART_RATE)).getCharacteristic(MEASUREMENT);
  characteristic.on('valuechanged', () => values++);
  await characteristic.startNotifications();
  return { device, characteristic };
}

if (mode === 'load') {
  await Promise.all(Array.from({ length: Number(count) }, (_, index) => subscribe(index)));
  await adapter.stopDiscovery();
  await pause(1000);
  values = 0;
  const [before, start] = [process.cpuUsage(), performance.now()];
  await pause(Number(seconds) * 1000);
  const { user, system } = process.cpuUsage(before);
  const elapsed = (performance.now() - start) / 1000;
  const result = { valuesPerSecond: values / elapsed, cpuPercent: (user + system) / 1e4 / elapsed };
  process.stdout.write(`${JSON.stringify({ ...result, rssMb: process.memoryUsage().rss / 2 ** 20 })}\n`);
} else {
  let heapBefore = 0;
  for (let n = 0; n < Number(count); n++) {
    if (n === 10) heapBefore = heapMb();
    const { device, characteristic } = await subscribe(0);
    const had = values;
    while (values === had) await pause(5);
    await characteristic.stopNotifications();
    await device.disconnect();
  }
  const heapKbEach = ((heapMb() - heapBefore) * 1024) / (Number(count) - 10);
  process.stdout.write(`${JSON.stringify({ heapKbEach })}\n`);
}
process.exit(0);
