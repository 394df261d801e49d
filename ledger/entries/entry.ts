// What an entry says, as TypeScript sees it. The bytes are in codec.ts, the rules in apply/.

import type { Hash } from '../crypto.ts';
import type { Address } from '../identity/address.ts';
import type { ClockQuality } from '../reading/reading.ts';

/** Context string of every entry; a change of the format changes it. */
export const ENTRY_CONTEXT = 'vitalseal/entry/v1';

/** An entry is at most this large. */
export const MAX_ENTRY_BYTES = 60_000;

/** Numbers of all entry types. Those that codec.ts does not know are reserved. */
export const ENTRY_TYPE = {
  'user.register': 1,
  'key.rotate': 2,
  'key.revoke': 3,
  'device.delegate': 4,
  'device.end': 5,
  'epoch.open': 6,
  'record.register': 7,
  'access.request': 8,
  'access.grant': 9,
  'access.deny': 10,
  'access.revoke': 11,
  notice: 12,
} as const;

/** In the order of their numbers, which begin at 1. */
export const ROLES = ['patient', 'gateway', 'doctor', 'facility', 'insurer', 'legal', 'registrar'] as const;
export type Role = (typeof ROLES)[number];

/** Intervals lie on this grid, in seconds, so that the ledger does not show when exactly somebody measured. */
export const INTERVAL_GRID = 300;

/** What every entry carries beside its type and body. */
export interface EntryHead {
  /** The ledger, so that no entry can be replayed in another. */
  readonly origin: string;
  readonly signer: Address;
  /** Gap-free per signer, from 0; goes on across key rotation. */
  readonly seq: number;
  /** RFC 6962 root over the signer's earlier leaf hashes (tree size = seq). */
  readonly history: Hash;
  /** Size and root of the final checkpoint that the signer keeps: a lower bound on time. */
  readonly seen: { readonly size: number; readonly root: Hash };
}

/** A registrar's word for a new user: Ed25519 (64 bytes) over the voucher text of proofs.ts. */
export interface Voucher {
  readonly registrar: Address;
  readonly signature: Uint8Array;
}

export interface UserRegister {
  readonly signingKey: Uint8Array;
  /** `age1pq1…` */
  readonly recipient: string;
  /** The printed recovery key: every envelope set includes it. */
  readonly recoveryRecipient: string;
  readonly recoverySigningKey: Uint8Array;
  readonly role: Role;
  /** By the recovery signing key: its holder has it. */
  readonly recoveryProof: Uint8Array;
  /** True when a registrar made the keys; nothing is sealed to them before their holder rotates. */
  readonly minted: boolean;
  readonly voucher: Voucher;
}

export const ROTATE_AUTHORITIES = ['user', 'recovery', 'registrar'] as const;

export interface KeyRotate {
  readonly subject: Address;
  readonly authority: (typeof ROTATE_AUTHORITIES)[number];
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly recoveryRecipient: string;
  readonly recoverySigningKey: Uint8Array;
  /** By the recovery signing key, over the new signing key. Null only when neither recovery key changes: the printed one stays in its drawer. */
  readonly recoveryProof: Uint8Array | null;
  /** By the new signing key: its holder has it. */
  readonly nextKeyProof: Uint8Array;
}

export const DELEGATE_AUTHORITIES = ['owner', 'registrar'] as const;

export interface DeviceDelegate {
  readonly gateway: Address;
  readonly owner: Address;
  readonly authority: (typeof DELEGATE_AUTHORITIES)[number];
}

export type DeviceEnd = DeviceDelegate;

export interface EpochOpen {
  readonly owner: Address;
  /** SHA-256("vitalseal/epoch/v1" ‖ epoch secret): names the epoch and commits to its secret. */
  readonly epoch: Hash;
  /** Merkle root over the salted envelope hashes. */
  readonly envelopeRoot: Hash;
  /** Leaves of that tree, padding included: a power of two. */
  readonly envelopeCount: number;
}

export interface RecordRegister {
  readonly owner: Address;
  /** 16 random bytes; the same for all versions. */
  readonly recordId: Uint8Array;
  /** From 1. */
  readonly version: number;
  /** Leaf hash of the version that this one follows; null for version 1. */
  readonly previous: Hash | null;
  /** Unix seconds, on INTERVAL_GRID, start <= end. */
  readonly interval: { readonly start: number; readonly end: number };
  /** How well the gateway's clock was known while the readings came. */
  readonly clock: ClockQuality;
  /** Media type of the plaintext. */
  readonly contentType: string;
  /** SHA-256 of the ciphertext, and its (padded) size in bytes. */
  readonly blobHash: Hash;
  readonly blobSize: number;
  /** Root of the salted plaintext commitment. */
  readonly commitment: Hash;
  readonly epoch: Hash;
  /** Place in the epoch's key chain. */
  readonly index: number;
}

export const NOTICE_KINDS = ['damaged-blob', 'readings-dropped'] as const;
/** Why readings were lost at the edge. Numbers begin at 1. */
export const DROP_REASONS = [
  'spool-full',
  'quarantine-overflow',
  'store-damaged',
  'store-restored',
  'discarded',
] as const;

/** Stream counters of `owner` at the signing gateway that no record will hold, both ends included. */
export interface DropStatement {
  readonly owner: Address;
  readonly firstCounter: number;
  readonly lastCounter: number;
  /** Unix seconds, on INTERVAL_GRID. */
  readonly from: number;
  readonly to: number;
  readonly reason: (typeof DROP_REASONS)[number];
}

export interface Notice {
  readonly kind: (typeof NOTICE_KINDS)[number];
  /** Leaf hash of the entry that a damaged-blob notice is about; null in a readings-dropped notice. */
  readonly about: Hash | null;
  /** Null in a damaged-blob notice. */
  readonly statement: DropStatement | null;
}

/** The bodies of the types that this version reads and writes. */
export interface EntryBodies {
  'user.register': UserRegister;
  'key.rotate': KeyRotate;
  'device.delegate': DeviceDelegate;
  'device.end': DeviceEnd;
  'epoch.open': EpochOpen;
  'record.register': RecordRegister;
  notice: Notice;
}
export type EntryType = keyof EntryBodies;
/** An entry of one type. */
export type EntryOf<T extends EntryType> = EntryHead & { readonly type: T; readonly body: EntryBodies[T] };
export type Entry = { [T in EntryType]: EntryOf<T> }[EntryType];
