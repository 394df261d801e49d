// What the vault's thread can be asked, and what it is given: the calls of vault.ts as they are inside the thread.

import type { Address, ErrorCode } from '@vitalseal/ledger';
import type { Group, Quarantined } from '../inbox/group.ts';
import type { Faults } from '../store/points.ts';
import type { Slots } from '../store/slots.ts';
import type { Store } from '../store/store.ts';
import type { Limits } from './limits.ts';
import type { Proof } from './prove.ts';
import type { OutboxItem, OwnEntry, RecordRow, VaultIdentity, VaultOwner, VaultStatus } from './vault.ts';

export interface CorePorts {
  readonly store: Store;
  readonly slots: Slots;
  readonly limits: Limits;
  readonly clock: { monotonicMs(): number; wallMs(): number };
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  readonly breathe: () => Promise<void>;
  readonly faults?: Faults;
  readonly sealed: () => void;
}

/** As in vault.ts, but synchronous where nothing has to be waited for. */
export interface VaultCore {
  /** Durable on return. Throws `disk_full`, `spool_full`, `store_failed`: then nothing of it was kept. */
  commit(group: Group): void;
  /** Closes what is too old, retries what failed. */
  tick(): Promise<void>;
  /** The monotonic ms at which `tick` is to be called. */
  wakesAt(): number;
  /** The ids of messages that were committed in any life, from old to new, as encodeIds makes them. */
  ids(): readonly Uint8Array[];
  setIdentity(identity: VaultIdentity | null): Promise<void>;
  setAssignments(assignments: ReadonlyMap<string, Address | null>): Promise<void>;
  setOwners(owners: readonly VaultOwner[]): Promise<void>;
  renewEpochs(): void;
  flush(): Promise<void>;
  status(): VaultStatus;
  unsealedOwners(): Address[];
  pending(limit: number): OutboxItem[];
  blob(hash: Uint8Array): Uint8Array | null;
  envelopes(epoch: Uint8Array): Uint8Array | null;
  commitSigned(signed: readonly { id: number; seq: number; entry: Uint8Array; leaf: Uint8Array }[]): void;
  accepted(items: readonly { id: number; index: number }[]): void;
  /** Answers whose delegation is not in the ledger, by these refusals. */
  refused(items: readonly { id: number; code: ErrorCode; permanent: boolean }[]): Address[];
  adopt(seq: number, leaf: Uint8Array, index: number): boolean;
  unsignFrom(seq: number): void;
  putOwn(entries: readonly OwnEntry[]): void;
  proven(proof: Proof): void;
  records(query?: { limit?: number; recordId?: Uint8Array }): RecordRow[];
  ownLeaves(): { proven: number; leaves: Uint8Array };
  signedVariants(seq: number): OwnEntry[];
  quarantined(limit: number): Quarantined[];
  meta(key: string): Uint8Array | null;
  setMeta(entries: Readonly<Record<string, Uint8Array | null>>): void;
  close(): Promise<void>;
}
