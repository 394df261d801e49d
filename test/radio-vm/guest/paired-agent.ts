// What runs in the virtual machine for the long tests: the real agent, paired by its own commands.

import { PairedAgent } from './agent.ts';
import { Host } from './host.ts';
import { scenario } from './scenario.ts';

const host = new Host(3);
const agent = new PairedAgent(host);
const log = () => `${host.log()}\n${agent.log()}`;

await scenario(
  'pairing',
  async () => {
    await agent.start();
    return agent.pairing();
  },
  log,
);
await scenario(
  'agent-goes-on',
  async () => {
    await host.killBluetoothd();
    host.restartBluetoothd();
    await agent.wearableBack();
    const agentReadings = await agent.more();
    await agent.stop();
    return { agentReadings };
  },
  log,
);
process.exit(0);
