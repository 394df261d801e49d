// What can be asked of an agent, running or not: the same object answers the control socket of a running one and the
// command that opened the folder itself. Its devices have a service of their own.
import { type FacilityClient, fromHex, toBase64, VitalsealError } from '@vitalseal/ledger';
import { type ControlHandlers, textOf } from './control/protocol.ts';
import { DeviceService } from './devices/device-service.ts';
import type { Devices } from './devices/devices.ts';
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

/** Milliseconds between looks at what is still unproven during `flush`. */
const FLUSH_LOOK_MS = 100;
/** Milliseconds that a command waits for a flush: less than it waits for an answer. */
const FLUSH_MS = 170_000;

export class AgentService {
  readonly #parts: ServiceParts;
  readonly devices: DeviceService;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    const { devices, vault, identity, live } = parts;
    this.devices = new DeviceService({ devices, vault, enrolled: identity?.owner ?? null, live });
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
      ...this.devices.handlers(),
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
      ble: this.devices.ble(),
      radio: this.devices.radio(),
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
        remote = await remoteRecords(client, vault, identity.address, this.devices.owners());
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
    const ports = { vault, client, origin, address, policy, chain: enrolment.chain, owners: this.devices.owners() };
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
    // What comes while the batches close is in none of them: counted after it, it would be waited for until its own closes.
    const { readings: here } = await vault.status();
    // Once: to close batches again and again while nothing can be sent would make a record of every tenth of a second.
    await vault.flush();
    const { batches: sealed } = await vault.status();
    for (let waited = 0; waited < withinMs; waited += FLUSH_LOOK_MS) {
      const { readings, batches, backlog, held } = await vault.status();
      const phase = live()?.sync?.state.phase ?? 'stopped';
      if (phase === 'stopped' || phase === 'forked') break;
      const later = readings - here;
      const settled = batches - backlog.batches >= sealed && backlog.readings <= held + later;
      if (settled && (later > 0 || (await vault.pending(1)).length === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
    }
    return this.status();
  }
}

function summed(...counts: readonly (Readonly<Record<string, number>> | undefined)[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts)
    for (const [name, count] of Object.entries(each ?? {})) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
