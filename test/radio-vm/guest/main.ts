// What runs in the virtual machine, each scenario once: the gateway's Bluetooth source, and the real agent by its commands, on a
// real bluetoothd.

import { PairedAgent } from './agent.ts';
import { Host } from './host.ts';
import { JustWorks } from './just-works.ts';
import { storedRecords } from './meter.ts';
import { scenario } from './scenario.ts';
import { healthSensor } from './sensor.ts';
import { Strap } from './strap.ts';

const host = new Host(3);
const strap = new Strap(host);
const agent = new PairedAgent(host);
const justWorks = new JustWorks(host);
const log = () => `${host.log()}\n${agent.log()}\n${justWorks.log()}`;
const agentStarts = agent.start();
agentStarts.catch(() => {});

await scenario('live', () => strap.live(), log);
await scenario('link-drop', () => strap.linkDrop(), log);
await scenario('stored-records', () => storedRecords(host), log);
await scenario('health-sensor', () => healthSensor(host), log);
await scenario(
  'just-works',
  async () => {
    // BlueZ asks the gateway that came last, whatever adapter it is for.
    await agentStarts;
    return justWorks.run();
  },
  log,
);
await scenario(
  'pairing',
  async () => {
    await agentStarts;
    return agent.pairing();
  },
  log,
);
await scenario('key-lost', () => agent.keyLost(), log);
await scenario(
  'bluetoothd-killed',
  async () => {
    const facts = await strap.hostKilled(async () => {
      await host.killBluetoothd();
      host.restartBluetoothd();
    });
    await strap.stop();
    const agentReadings = await agent.goesOn();
    return { ...facts, agentReadings, ...(await agent.stop()) };
  },
  log,
);
process.exit(0);
