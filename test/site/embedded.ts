// A facility, a person and a gateway in the test's own process, so that a test can stop them at any step and look inside.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, addDevice, enrolAgent, initAgent, runAgent } from '@vitalseal/agent';
import { type Facility, initFacility, runFacility } from '@vitalseal/facility';
import { initWallet } from '@vitalseal/wallet';
import { type FaultyLink, startFaultyLink } from './faulty-link.ts';
import { numberedPayload } from './numbered-readings.ts';
import { Publisher } from './publisher.ts';

export interface EmbeddedSite {
  readonly dir: string;
  readonly facilityDir: string;
  readonly agentDir: string;
  readonly owner: string;
  readonly identity: string;
  readonly link: FaultyLink;
  facility: Facility;
  /** Publishes messages of one reading each, numbered on from the last; resolves when all are acknowledged. */
  publish(agent: Agent, messages: number, agentDir?: string): Promise<void>;
  startFacility(dir?: string): Promise<Facility>;
  stop(): Promise<void>;
}

/** The agent is made, not enrolled. */
export async function makeEmbeddedSite(dir: string): Promise<EmbeddedSite> {
  const facilityDir = join(dir, 'facility');
  const agentDir = join(dir, 'agent');
  await initFacility({ dir: facilityDir });
  const started: Facility[] = [];
  const startFacility = async (of = facilityDir) => {
    const facility = await runFacility({ dir: of, listen: { host: '127.0.0.1', port: 0 } });
    started.push(facility);
    return facility;
  };
  const facility = await startFacility();
  const link = await startFaultyLink(facility.url);
  const walletDir = join(dir, 'wallet');
  const code = facility.invite({ role: 'patient' });
  const { address: owner, identity } = await initWallet({ dir: walletDir, facilityUrl: facility.url, code });
  mkdirSync(dir, { recursive: true });
  initAgent(agentDir);
  const passwords = new Map<string, string>();
  let next = 0;
  return {
    ...{ dir, facilityDir, agentDir, owner, identity, link, facility, startFacility },
    async publish(agent, messages, of = agentDir) {
      const name = `device-${passwords.size}`;
      const device = await addDevice(of, name);
      passwords.set(name, device.password);
      const first = next;
      next += messages;
      const publisher = new Publisher({
        port: Number(agent.mqtt.split(':').at(-1)),
        username: device.username,
        password: device.password,
        topic: device.topics.json,
        window: 20,
        perSecond: 10_000,
        next: (n) => (n < messages ? { payload: numberedPayload(first + n, 1), readings: 1 } : null),
      });
      await publisher.run();
    },
    async stop() {
      link.close();
      for (const running of started) await running.stop();
    },
  };
}

export const ANY_PORT = '127.0.0.1:0';

/** Enrols by an invite, and runs. */
export async function enrolAndRun(site: EmbeddedSite, batchAgeMs = 200): Promise<Agent> {
  const code = site.facility.invite({ role: 'gateway' });
  await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code });
  return runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs, log: () => {} });
}
