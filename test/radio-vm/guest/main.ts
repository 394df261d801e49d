// What runs in the virtual machine: the gateway's Bluetooth source on a real bluetoothd, each scenario once.

import { Host } from './host.ts';
import { storedRecords } from './meter.ts';
import { scenario } from './scenario.ts';
import { Strap } from './strap.ts';

const host = new Host(3);
const strap = new Strap(host);
const log = () => host.log();

await scenario('live', () => strap.live(), log);
await scenario('link-drop', () => strap.linkDrop(), log);
await scenario('stored-records', () => storedRecords(host), log);
await scenario(
  'bluetoothd-killed',
  async () => {
    const facts = await strap.hostKilled(async () => {
      await host.killBluetoothd();
      host.restartBluetoothd();
    });
    await strap.stop();
    return facts;
  },
  log,
);
process.exit(0);
