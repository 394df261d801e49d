// What runs in the virtual machine: each scenario once, against a real bluetoothd, and a line of JSON about each.

import { formatReport, type Scenario } from '../scenarios.ts';
import { PairedAgent } from './agent.ts';
import { Host } from './host.ts';
import { storedRecords } from './meter.ts';
import { Strap } from './strap.ts';

const host = new Host(3);
const strap = new Strap(host);
const agent = new PairedAgent(host);
const agentStarts = agent.start();
agentStarts.catch(() => {});

async function scenario(name: Scenario, work: () => Promise<Record<string, number>>): Promise<void> {
  const startMs = performance.now();
  const report = await work().then(
    (facts) => ({ failure: null, facts }),
    (error: unknown) => ({
      failure: error instanceof Error ? `${error.stack} ${error.cause ?? ''}` : `${error}`,
      facts: {},
    }),
  );
  if (report.failure !== null) console.log(`${host.log()}\n${agent.log()}`);
  const ms = Math.round(performance.now() - startMs);
  console.log(formatReport({ scenario: name, failure: report.failure, facts: { ms, ...report.facts } }));
}

await scenario('live', () => strap.live());
await scenario('link-drop', () => strap.linkDrop());
await scenario('stored-records', () => storedRecords(host));
await scenario('pairing', async () => {
  await agentStarts;
  return agent.pairing();
});
await scenario('bluetoothd-killed', async () => {
  const facts = await strap.hostKilled(async () => {
    await host.killBluetoothd();
    host.restartBluetoothd();
    await agent.wearableBack();
  });
  const agentReadings = await agent.more();
  await agent.stop();
  await strap.stop();
  return { ...facts, agentReadings };
});
process.exit(0);
