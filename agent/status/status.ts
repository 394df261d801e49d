// What `agent status` says: the vault's counts, how the sync stands, and how long the disk lasts. Numbers, codes and this
// gateway's own address; never a value or a topic.
import type { BleStatus } from '@vitalseal/gateway';
import { formatAddress, toHex } from '@vitalseal/ledger';
import type { BluetoothFault } from '../ble/fault.ts';
import type { AgentIdentity } from '../identity/identity.ts';
import { type Evidence, evidenceHeld, heldCheckpoint, META } from '../sync/held.ts';
import type { SyncState } from '../sync/state.ts';
import type { Vault, VaultStatus } from '../vault/vault.ts';

export interface AgentStatus extends Omit<VaultStatus, 'spool'> {
  readonly running: boolean;
  /** `collecting` is for a gateway that is not enrolled: readings are held. */
  readonly state: 'stopped' | 'collecting' | 'running' | 'forked' | 'halted';
  readonly enrolled: boolean;
  readonly address: string | null;
  readonly facility: string | null;
  /** `unknown` while the agent does not run. */
  readonly link: 'up' | 'down' | 'unknown';
  /** Why nothing moves, if so: an error code. */
  readonly problem: string | null;
  /** True after another life of this identity was found in the ledger: `agent enroll` with a new code goes on. */
  readonly forked: boolean;
  /** Pairs of checkpoints that cannot be of one log. */
  readonly evidence: readonly Evidence[];
  /** The newest verified checkpoint; size 0 before the first. */
  readonly checkpoint: { readonly size: number; readonly root: string };
  readonly spool: VaultStatus['spool'];
  /** Until the spool is full at the present rate; null while it does not grow. */
  readonly secondsToFull: number | null;
  readonly devices: number;
  /** The counts of broker and radio: what came since the start, kept or not; empty while the agent does not run. */
  readonly gateway: Readonly<Record<string, number>>;
  /** Each Bluetooth device; never a reading. */
  readonly ble: readonly BleStatus[];
  /** What is amiss with the radio that they share; null while it is up, while nothing needs it, and while the agent does not run. */
  readonly radio: BluetoothFault | null;
}

export interface StatusParts {
  readonly vault: Vault;
  readonly identity: AgentIdentity | null;
  /** Null while the agent does not run. */
  readonly sync: SyncState | null;
  readonly running: boolean;
  readonly facility: string | null;
  readonly devices: number;
  readonly gateway: Readonly<Record<string, number>>;
  readonly ble: readonly BleStatus[];
  readonly radio: BluetoothFault | null;
  readonly nowMs: number;
}

export async function agentStatusOf(parts: StatusParts): Promise<AgentStatus> {
  const { vault, identity, sync, running } = parts;
  const [counts, held, evidence, forkedEntry] = await Promise.all([
    vault.status(),
    heldCheckpoint(vault),
    evidenceHeld(vault),
    vault.meta(META.forked),
  ]);
  const fillsAt = counts.spool.fillsAt;
  return {
    running,
    state: stateOf(running, sync, forkedEntry !== null),
    enrolled: identity !== null,
    address: identity === null ? null : formatAddress(identity.address),
    facility: parts.facility,
    link: linkOf(sync),
    problem: forkedEntry !== null ? 'identity_forked' : (sync?.problem ?? counts.failing),
    forked: forkedEntry !== null,
    evidence,
    checkpoint: { size: held.size, root: toHex(held.root) },
    secondsToFull: fillsAt === undefined ? null : Math.max(0, Math.round((fillsAt - parts.nowMs) / 1000)),
    devices: parts.devices,
    gateway: parts.gateway,
    ble: parts.ble,
    radio: parts.radio,
    ...counts,
  };
}

function stateOf(running: boolean, sync: SyncState | null, forked: boolean): AgentStatus['state'] {
  if (forked) return 'forked';
  if (!running) return 'stopped';
  if (sync === null) return 'collecting';
  return sync.logForked ? 'halted' : 'running';
}

function linkOf(sync: SyncState | null): AgentStatus['link'] {
  if (sync === null || sync.phase === 'new' || (sync.phase === 'checking' && !sync.checked)) return 'unknown';
  return sync.phase === 'down' || sync.phase === 'probing' ? 'down' : 'up';
}
