// What can be asked of an agent, running or not: the same object answers the control socket of a running one and the
// command that opened the folder itself. Changes of devices reach file, vault, owners and broker in that order.
import { type BleMatch, type BleStatus, type PairingDialogue, topicOf } from '@vitalseal/gateway';
import { type Address, type FacilityClient, formatAddress, fromHex, toBase64, VitalsealError } from '@vitalseal/ledger';
import { bleCommands } from './ble/commands.ts';
import { fromTheAir, unseen } from './ble/host.ts';
import { type ControlHandlers, type Parameters, textOf } from './control/protocol.ts';
import { type AskedBle, parseBleRule } from './devices/bluetooth.ts';
import { recordCursors } from './devices/cursors.ts';
import {
  type Device,
  type Devices,
  formatAssignment,
  type NewBleDevice,
  type NewDevice,
  parseAssignment,
} from './devices/devices.ts';
import type { Owners } from './enrol/owners.ts';
import type { AgentIdentity } from './identity/identity.ts';
import type { Inputs } from './inputs.ts';
import { type ProofFiles, proofOf } from './proof/proof.ts';
import { type ListedRecord, listRecords, type RemoteRecord, remoteRecords } from './status/records.ts';
import { type AgentStatus, agentStatusOf } from './status/status.ts';
import type { SyncDriver } from './sync/driver.ts';
import type { Vault } from './vault/vault.ts';

export interface ServiceParts {
  readonly vault: Vault;
  readonly devices: Devices;
  readonly identity: AgentIdentity | null;
  readonly client: FacilityClient | null;
  readonly facility: string | null;
  /** What only a running agent has; null while it does not run. */
  readonly live: () => {
    readonly sync: SyncDriver | null;
    readonly owners: Owners | null;
    readonly inputs: Pick<Inputs, 'gateway' | 'bluetooth'> | null;
  } | null;
}

export interface ListedDevice {
  readonly device: string;
  readonly kind: Device['kind'];
  /** Bluetooth: where it was heard, else what was given. */
  readonly address: string | null;
  /** Bluetooth: see BleStatus. */
  readonly state: BleStatus['state'] | null;
  /** `vs1…`, `none`, or `enrolled`. */
  readonly owner: string;
}

/** All that is known of one device, but its password. */
export type ShownDevice = Pick<ListedDevice, 'device' | 'owner'> &
  (
    | { readonly kind: 'mqtt'; readonly username: string; readonly topics: NewDevice['topics'] }
    | { readonly kind: 'ble'; readonly match: BleMatch; readonly setClock: boolean; readonly status: BleStatus }
  );

/** Milliseconds between looks at what is still unproven during `flush`. */
const FLUSH_LOOK_MS = 100;
/** Milliseconds that a command waits for a flush: less than it waits for an answer. */
const FLUSH_MS = 170_000;

export class AgentService {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** The commands of the control socket. */
  handlers(): ControlHandlers {
    return {
      status: () => this.status(),
      records: () => this.records(),
      proof: async (asked) => {
        const files = await this.proof(textOf(asked, 'record'));
        return { ...files, entry: toBase64(files.entry), own: files.own === null ? null : toBase64(files.own) };
      },
      flush: () => this.flush(FLUSH_MS),
      'devices-list': async () => this.devices(),
      'devices-show': async (asked) => this.showDevice(textOf(asked, 'device')),
      'devices-add': (asked) =>
        asked.ble === undefined
          ? this.addDevice(textOf(asked, 'device'), ownerIn(asked))
          : this.addBleDevice(textOf(asked, 'device'), ownerIn(asked), bleIn(asked)),
      'devices-assign': (asked) => this.assignDevice(textOf(asked, 'device'), ownerIn(asked)),
      'devices-remove': (asked) => this.removeDevice(textOf(asked, 'device')),
      ...this.#bleCommands(),
    };
  }

  status(): Promise<AgentStatus> {
    const { vault, identity, facility, devices, live } = this.#parts;
    const running = live();
    return agentStatusOf({
      ...{ vault, identity, facility },
      sync: running?.sync?.state ?? null,
      running: running !== null,
      devices: devices.list().length,
      gateway: summed(running?.inputs?.gateway.counters(), running?.inputs?.bluetooth.counters()),
      ble: this.#ble(),
      nowMs: Date.now(),
    });
  }

  async records(): Promise<{ records: ListedRecord[]; complete: boolean }> {
    const { vault, identity, client } = this.#parts;
    const [local, { proven }] = [await vault.records(), await vault.ownLeaves()];
    let remote: RemoteRecord[] = [];
    let complete = identity === null;
    if (identity !== null && client !== null) {
      try {
        remote = await remoteRecords(client, vault, identity.address, this.#owners());
        complete = true;
      } catch (error) {
        if (!(error instanceof VitalsealError)) throw error;
      }
    }
    return { records: listRecords(local, remote, proven), complete };
  }

  /** `record` is an id in hex, or a beginning that only one has. Throws as proofOf, `not_enrolled`, `usage`. */
  async proof(record: string): Promise<ProofFiles> {
    const { vault, identity, client } = this.#parts;
    if (identity === null || client === null) throw new VitalsealError('not_enrolled');
    const { origin, address, policy, enrolment } = identity;
    const ports = { vault, client, origin, address, policy, chain: enrolment.chain, owners: this.#owners() };
    return proofOf(ports, fromHex(await this.#wholeId(record.toLowerCase())));
  }

  async #wholeId(begin: string): Promise<string> {
    if (!/^[0-9a-f]{4,32}$/.test(begin)) throw new VitalsealError('usage', 'a record is named by 4 to 32 hex digits');
    if (begin.length === 32) return begin;
    const { records, complete } = await this.records();
    const [found, ...more] = new Set(records.map(({ id }) => id).filter((id) => id.startsWith(begin)));
    if (more.length > 0) throw new VitalsealError('usage', 'several records begin like that');
    if (found !== undefined) return found;
    const unasked = complete ? '' : ' here, and the facility cannot be asked';
    throw new VitalsealError('not_found', `no record of this gateway begins like that${unasked}`);
  }

  /**
   * Closes and seals all batches now, and waits until all that was here is proven, but for what is held. Resolves with
   * the status then, or after `withinMs`, or at once when the agent does not sync.
   */
  async flush(withinMs = Number.POSITIVE_INFINITY): Promise<AgentStatus> {
    const { vault, live } = this.#parts;
    // Once: to close batches again and again while nothing can be sent would make a record of every tenth of a second.
    await vault.flush();
    const { readings: here } = await vault.status();
    for (let waited = 0; waited < withinMs; waited += FLUSH_LOOK_MS) {
      const { readings, backlog, held } = await vault.status();
      const phase = live()?.sync?.state.phase ?? 'stopped';
      if (phase === 'stopped' || phase === 'forked') break;
      const later = readings - here;
      if (backlog.readings <= held + later && (later > 0 || (await vault.pending(1)).length === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
    }
    return this.status();
  }

  devices(): { devices: ListedDevice[] } {
    const rows = this.#parts.devices.list();
    const radio = new Map(this.#ble().map((status) => [status.device, status]));
    return {
      devices: rows.map((row) => {
        const { name, kind, owner } = row;
        const heard = radio.get(name);
        const address = row.kind === 'ble' ? (heard?.address ?? row.match.address) : null;
        return { device: name, kind, address, state: heard?.state ?? null, owner: formatAssignment(owner) };
      }),
    };
  }

  /** Throws `device_unknown`. */
  showDevice(name: string): ShownDevice {
    const row = this.#parts.devices.get(name);
    const head = { device: name, owner: formatAssignment(row.owner) };
    if (row.kind === 'mqtt') {
      const topics = {
        json: topicOf(name, 'json'),
        senml: topicOf(name, 'senml'),
        'senml-cbor': topicOf(name, 'senml-cbor'),
      };
      return { ...head, kind: 'mqtt', username: name, topics };
    }
    const status = this.#ble().find(({ device }) => device === name) ?? unseen(name, null);
    return { ...head, kind: 'ble', match: row.match, setClock: row.setClock, status };
  }

  async addDevice(name: string, owner: string | undefined): Promise<NewDevice> {
    const added = this.#parts.devices.add(name, parseAssignment(owner));
    await this.announce();
    return added;
  }

  /** On resolve the radio looks for it, when the agent runs. */
  async addBleDevice(name: string, owner: string | undefined, asked: AskedBle): Promise<NewBleDevice> {
    const added = this.#parts.devices.addBle(name, parseAssignment(owner), parseBleRule(asked));
    await this.announce();
    this.#parts.live()?.inputs?.bluetooth.devicesChanged();
    return added;
  }

  async assignDevice(name: string, owner: string | undefined): Promise<Pick<ListedDevice, 'device' | 'owner'>> {
    const assigned = parseAssignment(owner);
    this.#parts.devices.assign(name, assigned);
    await this.announce();
    return { device: name, owner: formatAssignment(assigned) };
  }

  async removeDevice(name: string): Promise<{ device: string }> {
    const { kind } = this.#parts.devices.get(name);
    this.#parts.devices.remove(name);
    const live = this.#parts.live();
    if (kind === 'mqtt') live?.inputs?.gateway.disconnectUser(name);
    else {
      await live?.inputs?.bluetooth.removed(name);
      // After the radio let go of it: nothing moves the cursor any more.
      await recordCursors(this.#parts.vault).remove(name);
    }
    await this.announce();
    return { device: name };
  }

  /** Tells vault and owners whose device is whose. On resolve every later reading is kept for the right owner. */
  async announce(): Promise<void> {
    const { vault, devices, identity, live } = this.#parts;
    if (live() === null) return;
    await vault.setAssignments(devices.assignments(identity?.owner ?? null));
    // A device that changed hands leaves readings of its last owner, which are sealed to that owner still.
    await live()?.owners?.want([...this.#owners(), ...(await vault.unsealedOwners())]);
  }

  #ble(): readonly BleStatus[] {
    const { devices, live } = this.#parts;
    const running = live();
    const heard = running?.inputs?.bluetooth.status() ?? devices.ble.list().map(({ device }) => unseen(device, null));
    return heard.map((status) => {
      const { manufacturer, model, firmware } = status;
      const texts = {
        manufacturer: fromTheAir(manufacturer),
        model: fromTheAir(model),
        firmware: fromTheAir(firmware),
      };
      return { ...status, ...texts };
    });
  }

  /** They come before the radio: a control socket is served first. */
  #bleCommands(): ControlHandlers {
    const { devices, live } = this.#parts;
    const bluetooth = () => {
      const running = live()?.inputs?.bluetooth ?? null;
      if (running === null) throw new VitalsealError('radio_unavailable', 'the agent is only starting');
      return running;
    };
    const host = {
      sightings: async (leaseMs: number) => bluetooth().sightings(leaseMs),
      pair: async (device: string, dialogue: PairingDialogue) => bluetooth().pair(device, dialogue),
    };
    const after = (ms: number, work: () => void) => {
      const timer = setTimeout(work, ms).unref();
      return () => clearTimeout(timer);
    };
    return bleCommands({ host, devices: devices.ble, after });
  }

  #owners(): Address[] {
    const { devices, identity } = this.#parts;
    const assigned = [...devices.assignments(identity?.owner ?? null).values()].filter((owner) => owner !== null);
    const all = identity === null ? assigned : [identity.owner, ...assigned];
    return [...new Map(all.map((owner) => [formatAddress(owner), owner])).values()];
  }
}

function ownerIn(asked: Parameters): string | undefined {
  return asked.owner === undefined ? undefined : textOf(asked, 'owner');
}

function bleIn(asked: Parameters): AskedBle {
  if (typeof asked.ble !== 'object' || asked.ble === null)
    throw new VitalsealError('request_invalid', 'ble is no rule');
  const given = asked.ble as Parameters;
  const text = (name: string) => (given[name] === undefined ? undefined : textOf(given, name));
  return { address: text('address'), name: text('name'), service: text('service'), setClock: given.setClock === true };
}

function summed(...counts: readonly (Readonly<Record<string, number>> | undefined)[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts)
    for (const [name, count] of Object.entries(each ?? {})) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
