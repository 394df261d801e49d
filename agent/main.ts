// The light node put together: the one file that knows the adapters. The vault starts first, so that nothing arrives before
// it can be kept; then the inputs, then the way out, for which nobody waits. Inputs stop first.
//
//   inputs ─► vault (one thread: inbox ─► batch ─► seal ─► outbox ─► 32 bytes) ◄─► sync ─► facility
//      PUBACK ◄── C1 ──┘                                                             └─ owners, control socket
import { resolve } from 'node:path';
import { loadBroker, systemClock } from '@vitalseal/gateway';
import { FacilityClient, formatAddress, type VitalsealError } from '@vitalseal/ledger';
import type { AgentConfig } from './config/config.ts';
import { type BleChoice, formatPlace, parsePlace, vaultOptions } from './config/options.ts';
import { serveControl } from './control/control.socket.ts';
import { askOrTakeFolder, takeFolder } from './control/turn.socket.ts';
import { DeviceService } from './devices/device-service.ts';
import { Devices } from './devices/devices.ts';
import { facilityKeyCheck } from './enrol/facility-key.ts';
import { Owners } from './enrol/owners.ts';
import { permissionOf } from './enrol/permission.ts';
import { rejoin } from './enrol/rejoin.ts';
import { type EnrolPorts, enrol } from './enrol/steps.ts';
import { type FacilityConnection, openFacility } from './facility.http.ts';
import { AgentFiles } from './folder/files.fs.ts';
import { type AgentIdentity, readIdentity } from './identity/identity.ts';
import { type Inputs, startInputs } from './inputs.ts';
import { type Log, pinoLog } from './logging.pino.ts';
import { type Ask, questions } from './questions.ts';
import { AgentService } from './service.ts';
import type { AgentStatus } from './status/status.ts';
import { SyncDriver } from './sync/driver.ts';
import { META } from './sync/held.ts';
import type { Vault } from './vault/vault.ts';
import { openVault, startVaultThread } from './vault/vault.worker.ts';

export { type BluetoothDesk, openBluetooth } from './ble/desk.socket.ts';
export { type BluetoothFault, radioWords } from './ble/fault.ts';
export type { PairingLook } from './ble/pairing.ts';
export type { ListedSighting } from './ble/scan.ts';
export { type AgentConfig, parseConfig } from './config/config.ts';
export { SAMPLE_CONFIG } from './config/sample.ts';
export type { AskedBle } from './devices/bluetooth.ts';
export type { ListedDevice, ShownDevice } from './devices/device-service.ts';
export type { NewBleDevice, NewDevice } from './devices/devices.ts';
export type { ProofFiles } from './proof/proof.ts';

export type { ListedRecord } from './status/records.ts';
export type { AgentStatus } from './status/status.ts';

export interface RunOptions {
  readonly dir: string;
  /** HOST:PORT instead of the configuration's. */
  readonly mqtt?: string | undefined;
  /** Instead of the configuration's, for a demonstration. */
  readonly batchAgeMs?: number | undefined;
  readonly log?: Log | undefined;
  /** Of the radio: the bus where the configuration names none, and the adapter instead of its own. */
  readonly ble?: BleChoice | undefined;
}

export interface Agent {
  /** HOST:PORT where the broker listens. */
  readonly mqtt: string;
  /** `vs1…`; null while not enrolled. */
  readonly address: string | null;
  status(): Promise<AgentStatus>;
  /** Seals all, and resolves when all that can be is proven. */
  flush(): Promise<AgentStatus>;
  /** See AgentService. */
  readonly service: AgentService;
  /** Rejects when the agent can no longer run; never resolves. */
  readonly failed: Promise<never>;
  /** Takes no more readings, keeps what is there, closes everything. */
  stop(): Promise<void>;
}

/** Makes the data folder with a commented configuration. Throws `folder_exists`. */
export function initAgent(dir: string): { dir: string; config: string } {
  const files = new AgentFiles(dir);
  files.create();
  return { dir: files.dir, config: resolve(files.dir, 'agent.toml') };
}

export interface EnrolOptions {
  readonly dir: string;
  readonly facility: string;
  readonly owner: string;
  /** One of the two: an invite's code, or the text of a minted key file. */
  readonly code?: string | undefined;
  readonly key?: string | undefined;
  readonly at?: EnrolPorts['at'];
}

/** Enrols the gateway, or goes on with an enrolment that was interrupted. */
export async function enrolAgent(options: EnrolOptions): Promise<{ address: string; owner: string; origin: string }> {
  const files = new AgentFiles(options.dir);
  const config = files.config();
  const permission = permissionOf(options);
  const lock = await takeFolder(files.dir);
  const connection = connect(files, options.facility, config, null);
  try {
    const done = await enrol({
      transport: connection.transport,
      owner: options.owner,
      facility: options.facility,
      permission,
      before: files.enrolment(),
      draft: files.enrolmentDraft(),
      nowSeconds: unixSeconds,
      pinSeen: connection.pinSeen,
      save: (draft) => files.saveEnrolmentDraft(draft),
      finish: (enrolment) => files.saveEnrolment(enrolment),
      saveIdentity: (enrolment, keys) => files.saveIdentity(enrolment, keys),
      rejoin: async (enrolment, client) => {
        const vault = await openVault(files.dir);
        try {
          await rejoin(vault, client, readIdentity(files.identity() ?? '', enrolment).address);
        } finally {
          await vault.close();
        }
      },
      at: options.at,
    });
    return { address: done.address, owner: done.owner, origin: done.origin };
  } finally {
    connection.close();
    lock.release();
  }
}

type Live = { sync: SyncDriver | null; owners: Owners | null; inputs: Inputs | null };

/** Runs the agent in `dir` until it is stopped. Throws `folder_locked`, `config_invalid`, `cannot_listen` … */
export async function runAgent(options: RunOptions): Promise<Agent> {
  const files = new AgentFiles(options.dir);
  const config = files.config();
  const mqtt = parsePlace(options.mqtt ?? config.mqtt.listen);
  const log = options.log ?? pinoLog(config.log.level);
  const closing: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    // Loads its code while this thread takes the lock and loads the broker's.
    const thread = startVaultThread();
    closing.push(async () => void (await thread.terminate()));
    const lock = await takeFolder(files.dir);
    closing.push(() => lock.release());
    const broker = loadBroker();
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    const failed = (error: VitalsealError) => {
      log('the vault failed', { code: error.code });
      failure.reject(error);
    };
    const parts = await openParts(files, config, (folder) =>
      openVault(folder, vaultOptions(config, options.batchAgeMs), failed, thread),
    );
    closing.push(() => parts.vault.close());
    const { vault, identity, connection, client, devices } = parts;

    const live: Live = { sync: null, owners: null, inputs: null };
    const service = new AgentService({ ...parts, live: () => live });
    if (identity !== null && client !== null && connection !== null) {
      await vault.setIdentity({ origin: identity.origin, signer: identity.address });
      await vault.putOwn(identity.enrolment.own);
      const auth = { key: identity.key, now: unixSeconds };
      live.owners = new Owners({ vault, client, origin: identity.origin, policy: identity.policy, auth, after, log });
      live.sync = new SyncDriver({
        ...{ vault, client, log, after, probe: connection.probe, random: Math.random, nowSeconds: unixSeconds },
        ...{ origin: identity.origin, address: identity.address, key: identity.key, policy: identity.policy },
        isFacilityKey: facilityKeyCheck(client, identity.origin, {
          recall: () => vault.meta(META.facilityKey),
          keep: (key) => vault.setMeta({ [META.facilityKey]: key }),
        }),
      });
      closing.push(async () => {
        const ended = Promise.all([live.owners?.stop(), live.sync?.stop()]);
        // Whoever waits for a facility that is silent hears now that there will be no answer.
        connection.close();
        await ended;
      });
    } else log('not enrolled: readings are held', {});
    await service.devices.announce();
    const control = await serveControl(files.dir, service.handlers());
    closing.push(() => control.close());
    await broker;
    const inputs = await startInputs({ place: mqtt, config, files, devices, vault, after, log, ble: options.ble });
    live.inputs = inputs;
    closing.push(() => inputs.stop());
    // What comes in is safe in the vault: nobody waits for the facility, and its first answer is judged after the door opened.
    await live.sync?.start();
    log('the agent is ready', { devices: devices.list().length });
    return {
      mqtt: formatPlace(mqtt.host, inputs.gateway.port ?? mqtt.port),
      address: identity === null ? null : formatAddress(identity.address),
      status: () => service.status(),
      flush: () => service.flush(),
      service,
      failed: failure.promise,
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

export const {
  agentStatus,
  agentRecords,
  flushAgent,
  agentProof,
  addDevice,
  assignDevice,
  removeDevice,
  listDevices,
  showDevice,
} = questions(ask, askDevices);

/** Asks the running agent; without one takes the folder's lock and does it here. */
async function ask(...[dir, command, parameters, work]: Parameters<Ask<AgentService>>): Promise<unknown> {
  const files = new AgentFiles(dir);
  const turn = await askOrTakeFolder(files.dir, command, parameters, () => void files.config());
  if ('answer' in turn) return turn.answer;
  try {
    const config = files.config();
    const parts = await openParts(files, config, (folder) => openVault(folder, vaultOptions(config)));
    try {
      return await work(new AgentService({ ...parts, live: () => null }));
    } finally {
      parts.connection?.close();
      await parts.vault.close();
    }
  } finally {
    turn.lock.release();
  }
}

/** As `ask`, for what needs the file of devices alone: the vault stays closed. */
async function askDevices(...[dir, command, parameters, work]: Parameters<Ask<DeviceService>>): Promise<unknown> {
  const files = new AgentFiles(dir);
  const turn = await askOrTakeFolder(files.dir, command, parameters, () => void files.config());
  if ('answer' in turn) return turn.answer;
  try {
    const devices = new Devices(files.devices(), (rows) => files.saveDevices(rows));
    return await work(new DeviceService({ devices, vault: null, enrolled: null, live: () => null }));
  } finally {
    turn.lock.release();
  }
}

interface Parts {
  readonly vault: Vault;
  readonly devices: Devices;
  readonly identity: AgentIdentity | null;
  readonly connection: FacilityConnection | null;
  readonly client: FacilityClient | null;
  readonly facility: string | null;
}

/** The caller holds the folder's lock. */
async function openParts(
  files: AgentFiles,
  config: AgentConfig,
  open: (folder: string) => Promise<Vault>,
): Promise<Parts> {
  const enrolment = files.enrolment();
  const file = files.identity();
  const identity = enrolment?.done === true && file !== null ? readIdentity(file, enrolment) : null;
  const facility = config.facility.url ?? enrolment?.facility ?? null;
  const connection =
    facility === null || identity === null ? null : connect(files, facility, config, enrolment?.pin ?? null);
  const vault = await open(files.dir);
  return {
    vault,
    identity,
    connection,
    facility,
    devices: new Devices(files.devices(), (rows) => files.saveDevices(rows)),
    client: connection === null || identity === null ? null : new FacilityClient(connection.transport, identity.origin),
  };
}

function connect(files: AgentFiles, url: string, { facility }: AgentConfig, pin: string | null): FacilityConnection {
  const clock = systemClock();
  return openFacility({
    url,
    ca: facility.ca === undefined ? undefined : files.pem('facility.ca', facility.ca),
    pin: facility.pin ?? pin ?? undefined,
    allowPlain: facility.allow_plain,
    clockKnown: () => clock.now().clock !== 'unknown',
  });
}

const unixSeconds = (): number => Math.floor(Date.now() / 1000);

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
