// The devices of an agent, running or not: listed, shown, added, assigned, removed. A change reaches file, vault, owners and
// then broker or radio, in that order, so that nothing comes in before it is known whose it is.
import { type BleMatch, type BleStatus, topicOf } from '@vitalseal/gateway';
import { type Address, formatAddress, VitalsealError } from '@vitalseal/ledger';
import { bleCommands } from '../ble/commands.ts';
import type { BluetoothFault } from '../ble/fault.ts';
import { type BleHost, fromTheAir, unseen } from '../ble/host.ts';
import { type ControlHandlers, type Parameters, textOf } from '../control/protocol.ts';
import type { Owners } from '../enrol/owners.ts';
import type { Inputs } from '../inputs.ts';
import type { Vault } from '../vault/vault.ts';
import { type AskedBle, parseBleRule } from './bluetooth.ts';
import { recordCursors } from './cursors.ts';
import {
  type Device,
  type Devices,
  formatAssignment,
  type NewBleDevice,
  type NewDevice,
  parseAssignment,
} from './devices.ts';

export interface DeviceServiceParts {
  readonly devices: Devices;
  /** Null for a command that needs the file of devices alone. */
  readonly vault: Vault | null;
  /** Whom the gateway was enrolled for; null before. */
  readonly enrolled: Address | null;
  /** What only a running agent has; null while it does not run. */
  readonly live: () => {
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
  readonly problem: BleStatus['problem'];
  /** `vs1…`, `none`, or `enrolled`. */
  readonly owner: string;
}

/** All that is known of one device, but its password. */
export type ShownDevice = Pick<ListedDevice, 'device' | 'owner'> &
  (
    | { readonly kind: 'mqtt'; readonly username: string; readonly topics: NewDevice['topics'] }
    | {
        readonly kind: 'ble';
        readonly match: BleMatch;
        readonly setClock: boolean;
        /** Whether an agent runs; else nobody listens for it. */
        readonly running: boolean;
        readonly status: BleStatus;
        /** As in AgentStatus. */
        readonly radio: BluetoothFault | null;
      }
  );

export interface RemovedDevice {
  readonly device: string;
  /** The address of a Bluetooth device whose bond, where there is one, the host could not be told to drop. */
  readonly bondLeft: string | null;
}

export class DeviceService {
  readonly #parts: DeviceServiceParts;

  constructor(parts: DeviceServiceParts) {
    this.#parts = parts;
  }

  /** The commands of the control socket. */
  handlers(): ControlHandlers {
    return {
      'devices-list': async () => this.list(),
      'devices-show': async (asked) => this.show(textOf(asked, 'device')),
      'devices-add': (asked) =>
        asked.ble === undefined
          ? this.add(textOf(asked, 'device'), ownerIn(asked))
          : this.addBle(textOf(asked, 'device'), ownerIn(asked), bleIn(asked)),
      'devices-assign': (asked) => this.assign(textOf(asked, 'device'), ownerIn(asked)),
      'devices-remove': (asked) => this.remove(textOf(asked, 'device')),
      ...this.#bleCommands(),
    };
  }

  list(): { devices: ListedDevice[] } {
    const rows = this.#parts.devices.list();
    const radio = new Map(this.ble().map((status) => [status.device, status]));
    return {
      devices: rows.map((row) => {
        const { name, kind, owner } = row;
        const heard = radio.get(name);
        const address = row.kind === 'ble' ? (heard?.address ?? row.match.address) : null;
        const { state = null, problem = null } = heard ?? {};
        return { device: name, kind, address, state, problem, owner: formatAssignment(owner) };
      }),
    };
  }

  /** Throws `device_unknown`. */
  show(name: string): ShownDevice {
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
    const status = this.ble().find(({ device }) => device === name) ?? unseen(name, null);
    const running = this.#parts.live() !== null;
    return { ...head, kind: 'ble', match: row.match, setClock: row.setClock, running, status, radio: this.radio() };
  }

  async add(name: string, owner: string | undefined): Promise<NewDevice> {
    const added = this.#parts.devices.add(name, parseAssignment(owner));
    await this.announce();
    return added;
  }

  /** On resolve the radio looks for it, when the agent runs. */
  async addBle(name: string, owner: string | undefined, asked: AskedBle): Promise<NewBleDevice> {
    const added = this.#parts.devices.addBle(name, parseAssignment(owner), parseBleRule(asked));
    await this.announce();
    this.#parts.live()?.inputs?.bluetooth.devicesChanged();
    return added;
  }

  async assign(name: string, owner: string | undefined): Promise<Pick<ListedDevice, 'device' | 'owner'>> {
    const assigned = parseAssignment(owner);
    this.#parts.devices.assign(name, assigned);
    await this.announce();
    return { device: name, owner: formatAssignment(assigned) };
  }

  async remove(name: string): Promise<RemovedDevice> {
    const row = this.#parts.devices.get(name);
    const address = this.list().devices.find(({ device }) => device === name)?.address ?? null;
    this.#parts.devices.remove(name);
    const inputs = this.#parts.live()?.inputs;
    let isBondGone = false;
    if (row.kind === 'mqtt') inputs?.gateway.disconnectUser(name);
    else {
      isBondGone = (await inputs?.bluetooth.removed(name)) === true;
      // After the radio let go of it: nothing moves the cursor any more.
      if (this.#parts.vault !== null) await recordCursors(this.#parts.vault).remove(name);
    }
    await this.announce();
    return { device: name, bondLeft: isBondGone ? null : address };
  }

  /** Tells vault and owners whose device is whose. On resolve every later reading is kept for the right owner. */
  async announce(): Promise<void> {
    const { vault, devices, enrolled, live } = this.#parts;
    if (live() === null || vault === null) return;
    await vault.setAssignments(devices.assignments(enrolled));
    // A device that changed hands leaves readings of its last owner, which are sealed to that owner still.
    await live()?.owners?.want([...this.owners(), ...(await vault.unsealedOwners())]);
  }

  /** How each Bluetooth device stands. */
  ble(): readonly BleStatus[] {
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

  /** What is amiss with the radio that they share; null while no agent runs. */
  radio(): BluetoothFault | null {
    return this.#parts.live()?.inputs?.bluetooth.fault() ?? null;
  }

  /** They come before the radio: a control socket is served first. */
  #bleCommands(): ControlHandlers {
    const { devices, live } = this.#parts;
    const bluetooth = () => {
      const running = live()?.inputs?.bluetooth ?? null;
      if (running === null) throw new VitalsealError('radio_unavailable', 'the agent is only starting');
      return running;
    };
    const host: BleHost = {
      sightings: async (leaseMs) => bluetooth().sightings(leaseMs),
      pair: async (device, dialogue, signal) => bluetooth().pair(device, dialogue, signal),
    };
    const after = (ms: number, work: () => void) => {
      const timer = setTimeout(work, ms).unref();
      return () => clearTimeout(timer);
    };
    return bleCommands({ host, devices: devices.ble, after });
  }

  /** Everybody whose readings come in here, whoever brings them. */
  owners(): Address[] {
    const { devices, enrolled } = this.#parts;
    const assigned = [...devices.assignments(enrolled).values()].filter((owner) => owner !== null);
    const all = enrolled === null ? assigned : [enrolled, ...assigned];
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
