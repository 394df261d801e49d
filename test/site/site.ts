// A whole site on loopback, made by the commands of the README: one facility, one person, one gateway with its devices.
// Facility and agent are processes of their own, so that a test can kill either.

import { appendFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Running, runJson, startCommand } from './command.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export interface DeviceAccess {
  device: string;
  username: string;
  password: string;
  topics: { json: string; senml: string; 'senml-cbor': string };
}

export interface Site {
  readonly dir: string;
  readonly facilityDir: string;
  readonly agentDir: string;
  readonly walletDir: string;
  readonly facilityPort: number;
  readonly facilityUrl: string;
  readonly mqttPort: number;
  readonly owner: string;
  readonly identity: string;
  facility: Running;
  agent: Running;
  /** Starts the facility's process and waits until it answers. */
  startFacility(): Promise<void>;
  /** Starts the agent's process and waits until its broker listens. */
  startAgent(): Promise<void>;
  addDevice(name: string): Promise<DeviceAccess>;
  status(): Promise<AgentStatus>;
  stop(): Promise<void>;
}

export interface AgentStatus {
  backlog: { readings: number; batches: number };
  proven: number;
  quarantined: number;
  checkpoint: { size: number };
  [more: string]: unknown;
}

export interface SiteOptions {
  /** Lines added to the agent's config file before its first start. */
  agentConfig?: string;
  /** The facility as the agent sees it, when something stands between them (a meter, a faulty link). */
  facilitySeenAs?: (url: string) => Promise<string>;
  /** Do not start the agent's process. */
  agentStopped?: boolean;
  /** Enrol the gateway with a key pair that the facility minted into this file, instead of a code. */
  mintedKey?: string;
}

/** Makes a site under `dir` and starts it. */
export async function makeSite(dir: string, options: SiteOptions = {}): Promise<Site> {
  const facilityDir = join(dir, 'facility');
  const agentDir = join(dir, 'agent');
  const walletDir = join(dir, 'wallet');
  const facilityPort = await freePort();
  const mqttPort = await freePort();
  const facilityUrl = `http://127.0.0.1:${facilityPort}`;

  await runJson(['facility', 'init', '--data', facilityDir]);
  const site = {
    dir,
    facilityDir,
    agentDir,
    walletDir,
    facilityPort,
    facilityUrl,
    mqttPort,
    owner: '',
    identity: '',
    facility: undefined as unknown as Running,
    agent: undefined as unknown as Running,
    async startFacility() {
      site.facility = startCommand(['facility', 'run', '--data', facilityDir, '--listen', `127.0.0.1:${facilityPort}`]);
      await until('the facility to answer', async () => (await fetch(`${facilityUrl}/healthz`)).status === 200);
    },
    async startAgent() {
      site.agent = startCommand(['agent', 'run', '--data', agentDir, '--mqtt', `127.0.0.1:${mqttPort}`]);
      const { ended } = site.agent;
      const gone = ended.then(({ code, signal, stderr }) => {
        throw new Error(`the agent ended (${code ?? signal}) before it listened\n${stderr}`);
      });
      await Promise.race([until("the agent's broker to listen", () => listens(mqttPort)), gone]);
    },
    addDevice: (name: string) => runJson<DeviceAccess>(['agent', 'devices', 'add', name, '--data', agentDir]),
    status: () => runJson<AgentStatus>(['agent', 'status', '--data', agentDir]),
    async stop() {
      await site.agent?.stop();
      await site.facility?.stop();
    },
  };
  await site.startFacility();

  const personCode = await runJson<{ code: string }>([
    'facility',
    'invite',
    '--role',
    'patient',
    '--data',
    facilityDir,
  ]);
  const person = await runJson<{ address: string; identity: string }>([
    ...['wallet', 'init', '--facility', facilityUrl, '--code', personCode.code, '--data', walletDir],
  ]);
  site.owner = person.address;
  site.identity = person.identity;

  const invite = ['facility', 'invite', '--role', 'gateway', '--data', facilityDir];
  const permission = options.mintedKey
    ? ['--key', (await runJson<{ key: string }>([...invite, '--mint', options.mintedKey])).key]
    : ['--code', (await runJson<{ code: string }>(invite)).code];
  const seenAs = options.facilitySeenAs ? await options.facilitySeenAs(facilityUrl) : facilityUrl;
  await runJson(['agent', 'init', '--data', agentDir]);
  if (options.agentConfig) await appendConfig(agentDir, options.agentConfig);
  await runJson([
    ...['agent', 'enroll', '--data', agentDir, '--facility', seenAs, ...permission, '--owner', site.owner],
  ]);
  if (!options.agentStopped) await site.startAgent();
  return site;
}

async function appendConfig(agentDir: string, lines: string): Promise<void> {
  await appendFile(join(agentDir, 'agent.toml'), `\n${lines}\n`);
}

/** Whether something accepts connections on this loopback port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
