// A whole site in this process: a facility, a person, an agent and its simulated equipment, set up once and then run.
//
//   facility ◄──HTTP── agent ◄─┬─MQTT── equipment         outputs start first, inputs last; stopping goes the other way
//                              └─D-Bus─ wearable

import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Agent,
  type AgentStatus,
  addDevice,
  enrolAgent,
  initAgent,
  removeDevice,
  runAgent,
} from '@vitalseal/agent';
import { type Facility, initFacility, runFacility } from '@vitalseal/facility';
import type { Counters, Simulation } from '@vitalseal/firmware-sim';
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import { initWallet } from '@vitalseal/wallet';
import type { Numbered } from './acknowledged.ts';
import { EQUIPMENT, switchOn } from './equipment.ts';
import { type Progress, readProgress, writeProgress } from './progress.fs.ts';
import { openWearable, WEARABLE, type Wearable } from './wearable.ts';

const HOST = '127.0.0.1';
const FACILITY_PORT = 8440;
const MQTT_PORT = 1883;

export interface LocalSiteOptions {
  readonly dir: string;
  /** Instead of the agent's default of five minutes. */
  readonly batchAgeMs: number;
  /** Told before each step of the first set-up. */
  readonly onStep: (step: string) => void;
  /** Every reading whose PUBACK came; of the wearable, every reading that it sent. */
  readonly onAcknowledged?: (reading: Numbered) => void;
}

export interface LocalSite {
  readonly facilityUrl: string;
  readonly mqtt: string;
  /** Name of the Bluetooth wearable; null where there is no D-Bus daemon for it. */
  readonly wearable: string | null;
  readonly owner: string;
  /** Path of the owner's identity file. */
  readonly identity: string;
  status(): Promise<AgentStatus>;
  /** What the equipment of this run has sent until now, summed over the devices. Bluetooth acknowledges what it carries. */
  sent(): Pick<Counters, 'readings' | 'acknowledgedReadings'>;
  /** Switches the equipment off, after its last acknowledgements, and waits for what is on its way by Bluetooth. */
  silence(): Promise<void>;
  /** Seals and proves all that is there. */
  flush(): Promise<AgentStatus>;
  /** Rejects when a part can no longer run. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Sets the site up where that is not done, and runs it. */
export async function openLocalSite(options: LocalSiteOptions): Promise<LocalSite> {
  const { onStep, batchAgeMs } = options;
  const dir = resolve(options.dir);
  const at = { facility: join(dir, 'facility'), agent: join(dir, 'agent'), wallet: join(dir, 'wallet') };
  const begun = readProgress(dir);
  const progress: Progress = begun ?? {
    facilityPort: await freePort(FACILITY_PORT),
    mqttPort: await freePort(MQTT_PORT),
    passwords: {},
  };
  const advance = (more: Partial<Progress>) => writeProgress(dir, Object.assign(progress, more));
  // Never what was only read: another start that holds the locks may have got further meanwhile.
  if (begun === null) advance({});

  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    if (progress.enrolled !== true) onStep('a facility: keys, policy, the first entries of its ledger');
    await unless('folder_exists', () => initFacility({ dir: at.facility }));
    const first = begun === null;
    const facility = await listening(
      progress.facilityPort,
      dir,
      () => runFacility({ dir: at.facility, listen: { host: HOST, port: progress.facilityPort } }),
      first ? async () => advance({ facilityPort: await freePort(FACILITY_PORT) }) : undefined,
    );
    closing.push(() => facility.stop());

    const owner = await person(facility, at.wallet, progress, advance, onStep);
    await gateway(facility, at.agent, owner, progress, advance, onStep);
    for (const { name } of EQUIPMENT) {
      if (progress.passwords[name] !== undefined) continue;
      // A password is shown once; if the power went before it was noted, the device is made anew.
      await unless('device_unknown', () => removeDevice(at.agent, name));
      const { password } = await addDevice(at.agent, name);
      advance({ passwords: { ...progress.passwords, [name]: password } });
    }
    const wearable = await wear(at.agent, progress, advance, options.onAcknowledged);
    if (wearable !== null) closing.push(() => wearable.stop());
    const ble = wearable === null ? {} : { ble: { busAddress: wearable.busAddress } };
    const agent: Agent = await listening(
      progress.mqttPort,
      dir,
      () => runAgent({ dir: at.agent, mqtt: `${HOST}:${progress.mqttPort}`, batchAgeMs, log: () => {}, ...ble }),
      first ? async () => advance({ mqttPort: await freePort(MQTT_PORT) }) : undefined,
    );
    closing.push(() => agent.stop());

    const equipment = powered(progress, options.onAcknowledged);
    const silence = async () => {
      wearable?.silence();
      await Promise.all(equipment.map((device) => device.stop()));
      if (wearable !== null) await taken(agent, wearable);
    };
    closing.push(silence);
    wearable?.switchOn();
    const broken = equipment.map((device) => device.done.then(() => new Promise<never>(() => {})));
    const failed = Promise.race([agent.failed, ...broken]);
    failed.catch(() => {});
    return {
      ...{
        facilityUrl: facility.url,
        mqtt: agent.mqtt,
        wearable: wearable === null ? null : WEARABLE.name,
        owner,
        identity: join(at.wallet, 'identity'),
        failed,
        silence,
        stop,
      },
      status: () => agent.status(),
      flush: () => agent.flush(),
      sent: () => {
        const all = equipment.map((device) => device.counters());
        const worn = wearable?.sent() ?? 0;
        return {
          readings: all.reduce((sum, { readings }) => sum + readings, worn),
          acknowledgedReadings: all.reduce((sum, { acknowledgedReadings }) => sum + acknowledgedReadings, worn),
        };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Advance = (more: Partial<Progress>) => void;

async function person(
  facility: Facility,
  dir: string,
  progress: Progress,
  advance: Advance,
  onStep: (step: string) => void,
) {
  if (progress.owner !== undefined) return progress.owner;
  onStep('a person: keys that stay in their wallet');
  if (progress.personCode === undefined) advance({ personCode: facility.invite({ role: 'patient' }) });
  const code = progress.personCode as string;
  const { address } = await initWallet({ dir, facilityUrl: facility.url, code });
  advance({ owner: address });
  return address;
}

async function gateway(
  facility: Facility,
  dir: string,
  owner: string,
  progress: Progress,
  advance: Advance,
  onStep: (step: string) => void,
) {
  if (progress.enrolled === true) return;
  onStep('a gateway: the agent makes its keys and is enrolled');
  await unless('folder_exists', async () => initAgent(dir));
  if (progress.gatewayCode === undefined) advance({ gatewayCode: facility.invite({ role: 'gateway' }) });
  await enrolAgent({ dir, facility: facility.url, owner, code: progress.gatewayCode });
  advance({ enrolled: true });
}

function powered({ mqttPort, passwords }: Progress, onAcknowledged?: (reading: Numbered) => void): Simulation[] {
  const run = String(Date.now());
  return EQUIPMENT.map((device) =>
    switchOn(device, {
      ...{ host: HOST, port: mqttPort, password: passwords[device.name] as string, seed: `${device.name}/${run}` },
      ...(onAcknowledged && { onAcknowledged }),
    }),
  );
}

/** The wearable, known to the agent; null, and unknown to it, where there is no bus: it shall not look for a real radio. */
async function wear(
  agentDir: string,
  progress: Progress,
  advance: Advance,
  onSent?: (reading: Numbered) => void,
): Promise<Wearable | null> {
  const { name, address } = WEARABLE;
  const wearable = await openWearable({ seed: `${name}/${Date.now()}`, ...(onSent && { onSent }) });
  if (progress.wearable === (wearable !== null)) return wearable;
  await unless('device_unknown', () => removeDevice(agentDir, name));
  if (wearable !== null) await addDevice(agentDir, name, undefined, { address });
  advance({ wearable: wearable !== null });
  return wearable;
}

const TAKEN_MS = 3000;
const LOOK_MS = 50;

/** Resolves when the agent has all that the wearable sent, or after a while. */
async function taken(agent: Agent, wearable: Wearable): Promise<void> {
  for (let waited = 0; waited < TAKEN_MS; waited += LOOK_MS) {
    const { ble } = await agent.status();
    const has = ble?.find(({ device }) => device === WEARABLE.name)?.readings ?? 0;
    if (has >= wearable.sent()) return;
    await pause(LOOK_MS);
  }
}

/** Does `work`; that it was done before (`code`) is as good. */
async function unless(code: 'folder_exists' | 'device_unknown', work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isVitalsealError(error, code)) throw error;
  }
}

/** The ports are the site's own from its first start on, because its agent is enrolled at that address. */
async function listening<T>(
  port: number,
  dir: string,
  start: () => Promise<T>,
  another?: () => Promise<void>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!isVitalsealError(error, 'cannot_listen')) throw error;
    // Free a moment ago, when this site chose it, and taken now: nobody knows it yet.
    if (another !== undefined) {
      await another();
      return await start();
    }
    throw new VitalsealError(
      'usage',
      `port ${port} is taken: stop what listens there, or use another --data than ${dir}`,
    );
  }
}

/** Ports beside the wanted one that are tried when it is taken. */
const BESIDE = 100;

/**
 * `wanted` when nothing listens there, else one of the hundred after it. The site keeps it for good, so it is none of those that
 * the system lends to outgoing connections: a later start would find it taken. Throws `usage` when all are taken.
 */
async function freePort(wanted: number): Promise<number> {
  if (await isFree(wanted)) return wanted;
  // Two sites that are set up at the same time shall not meet at the next one too.
  const first = Math.floor(Math.random() * BESIDE);
  for (let n = 0; n < BESIDE; n++) {
    const port = wanted + 1 + ((first + n) % BESIDE);
    if (await isFree(port)) return port;
  }
  throw new VitalsealError('usage', `the ports ${wanted} to ${wanted + BESIDE} are all taken`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, HOST, () => server.close(() => answer(true)));
  });
}
