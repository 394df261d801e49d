// The project's own benchmark: the figures that the design promises, measured against real processes on this machine, with the
// mosquitto bridge as the peer in the same run. Prints a table, then one JSON object on the last line. Nothing here is asserted.

import { availableParallelism, cpus, totalmem } from 'node:os';
import { busProgram } from '@vitalseal/firmware-sim';
import { tableLines } from '../../cli/io.ts';
import { hasTool } from '../site/tool.ts';
import { measureMosquittoBridge } from './mosquitto-bridge.ts';
import { measureOutage } from './outage.ts';
import { measureRadio } from './radio.ts';
import { measureRecordKeeping } from './record-keeping.ts';
import { measureRegistrations } from './registrations.ts';
import { measureStartup } from './startup.ts';
import { measureThroughput } from './throughput.ts';
import { measureWire } from './wire.ts';

const quick = process.argv.includes('--quick');
const scale = quick ? 0.2 : 1;
const count = (full: number) => Math.round(full * scale);
const progress = (what: string) => process.stderr.write(`measuring ${what} …\n`);

progress('burst, 10 readings a message');
const burstTen = await measureThroughput({ messages: count(30_000), perMessage: 10, perSecond: 1e9, batchSeconds: 2 });
progress('burst, one reading a message');
const burstOne = await measureThroughput({ messages: count(60_000), perMessage: 1, perSecond: 1e9, batchSeconds: 2 });
progress('2,000 readings/s, one a message');
const steadyOne = await measureThroughput({
  messages: count(120_000),
  perMessage: 1,
  perSecond: 2_000,
  batchSeconds: 300,
});
progress('2,000 readings/s, 10 a message');
const steadyTen = await measureThroughput({
  messages: count(12_000),
  perMessage: 10,
  perSecond: 200,
  batchSeconds: 300,
});
progress('160 readings/s, one a message');
const slow = await measureThroughput({ messages: count(9_600), perMessage: 1, perSecond: 160, batchSeconds: 300 });
const peers = hasTool('mosquitto', 'the Debian package mosquitto');
if (peers) progress('the mosquitto bridge under the same loads');
const bridgeTen = peers && (await measureMosquittoBridge({ messages: count(30_000), perMessage: 10, perSecond: 1e9 }));
const bridgeOne = peers && (await measureMosquittoBridge({ messages: count(60_000), perMessage: 1, perSecond: 1e9 }));
progress('bytes on the wire');
const wireTen = await measureWire(10);
const wireOne = await measureWire(1);
progress('starts');
const startup = await measureStartup(quick ? 3 : 5);
progress('an outage');
const outage = await measureOutage(count(200_000));
progress('registrations at the facility');
const registrations = await measureRegistrations(count(20_000));
progress('what a light node keeps');
const keeping = await measureRecordKeeping(count(1_024));

const hasBus = busProgram() !== null;
if (hasBus) progress('Bluetooth, with node-ble under the same load');
const radio = hasBus ? await measureRadio(quick ? 3 : 10, quick ? 20 : 60) : null;

const figures = {
  burstTen,
  burstOne,
  steadyOne,
  steadyTen,
  slow,
  bridgeTen,
  bridgeOne,
  wireTen,
  wireOne,
  startup,
  outage,
  registrations,
  keeping,
  radio,
};

const number = (value: number, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits });
const ratio = (ours: number, theirs: { [K in 'readingsPerSecondPerCore']: number } | false) =>
  theirs ? `${(ours / theirs.readingsPerSecondPerCore).toFixed(2)} of a mosquitto bridge` : 'no peer here';
const rows = [
  [
    'durable readings/s per core, 10 a message',
    number(burstTen.readingsPerSecondPerCore),
    '≥ 50,000',
    ratio(burstTen.readingsPerSecondPerCore, bridgeTen),
  ],
  [
    'durable readings/s per core, one a message',
    number(burstOne.readingsPerSecondPerCore),
    '≥ 12,000',
    ratio(burstOne.readingsPerSecondPerCore, bridgeOne),
  ],
  [
    'readings/s by the clock, 10 / one a message',
    `${number(burstTen.wallReadingsPerSecond)} / ${number(burstOne.wallReadingsPerSecond)}`,
    '',
    '',
  ],
  ['µs of CPU per reading, burst, 10 a message', number(burstTen.cpuMicrosecondsPerReading, 1), '≤ 20', ''],
  ['µs of CPU per reading, 2,000/s, 10 a message', number(steadyTen.cpuMicrosecondsPerReading, 1), '', ''],
  ['µs of CPU per reading, 2,000/s, one a message', number(steadyOne.cpuMicrosecondsPerReading, 1), '≤ 80', ''],
  ['µs of CPU per reading, 160/s, one a message', number(slow.cpuMicrosecondsPerReading, 1), '', ''],
  ['bytes on the wire per reading, 10/s a stream', number(wireTen.bytesPerReading, 2), '≤ 3', ''],
  ['bytes on the wire per reading, 1/s a stream', number(wireOne.bytesPerReading, 2), '≤ 12', ''],
  ['bytes written to disk per reading, 160/s', number(slow.diskBytesPerReading), '≤ 250', ''],
  [
    'RSS / private-dirty MB, idle',
    `${number(startup.idleRssMb)} / ${number(startup.idlePrivateDirtyMb)}`,
    '≤ 80 / ≤ 32',
    '',
  ],
  ['RSS / private-dirty MB, loaded', `${number(burstTen.rssMb)} / ${number(burstTen.privateDirtyMb)}`, '≤ 100 / –', ''],
  ['cold start to listening, ms', number(startup.coldStartMs), '≤ 200', ''],
  ['start after kill -9 with a full inbox, ms', number(startup.afterKillMs), '≤ 300', ''],
  ['first data after link-up, s', number(outage.firstDataSeconds, 2), '≤ 0.5', ''],
  ['backlog drain, readings/s', number(outage.drainReadingsPerSecond), '≥ 100,000', ''],
  ['light store, bytes per registration', number(keeping.bytesPerRegistration, 1), '≤ 40', ''],
  ['proof file, bytes', number(keeping.proofBytes), '< 2,048', ''],
  ['registrations/s admitted, verified, durable', number(registrations.perSecond), '≥ 3,500', ''],
  ...(radio === null
    ? []
    : [
        [
          'Bluetooth, 50 straps × 20/s, % of a core',
          number(radio.ours.cpuPercent, 1),
          '',
          `${(radio.ours.cpuPercent / radio.nodeBle.cpuPercent).toFixed(2)} of node-ble, which decodes nothing`,
        ],
        ['RSS MB of that', number(radio.ours.rssMb), '', `${number(radio.nodeBle.rssMb)} of node-ble`],
        [
          'Bluetooth reconnect, first reading after silence, ms',
          `${number(radio.reconnectMs)}; ${number(radio.firstReadingMs)}`,
          '',
          '',
        ],
        ['heap kept a reconnect, kB', 'see test/ble', '', `${number(radio.nodeBleHeapKbAReconnect)} of node-ble`],
      ]),
].map(([what, measured, target, peer]) => ({ what, measured, target, peer }));

process.stdout.write(`${tableLines(rows).join('\n')}\n`);
const machine = {
  cores: availableParallelism(),
  cpu: cpus()[0]?.model,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
process.stdout.write(`${JSON.stringify({ machine, quick, figures })}\n`);
