/**
 * The port between the agent's main thread and its vault: the one worker thread that owns the database,
 * the key slots, batching, sealing, the outbox and the light store. Every method says what has survived a
 * power cut when its promise resolves.
 */
import type { ReadingSink } from '@vitalseal/gateway';
import type { Address, EpochOpen, ErrorCode, Hash, Notice, RecordRegister, VitalsealError } from '@vitalseal/ledger';

export interface VaultOptions {
  /** A batch closes when its oldest reading is this old, by monotonic time. Default 300,000. */
  readonly batchAgeMs?: number;
  /** Default 10,000 readings. */
  readonly batchReadings?: number;
  /** Default 262,144 bytes, as encoded in the inbox. */
  readonly batchBytes?: number;
  /** A stream's epoch is replaced after this long, by monotonic time. Default 86,400,000. */
  readonly epochAgeMs?: number;
  /** Bytes of inbox, held readings, outbox and quarantine together. Default 1 GiB, or half of the free disk when that is less. */
  readonly spoolBytes?: number;
  /** Bytes of quarantined payloads kept; the oldest go first, counted. Default 1 MiB. */
  readonly quarantineBytes?: number;
  /** Bytes that may wait for their commit before deliveries are refused with `quota_exceeded`. Default 8 MiB. */
  readonly waitingBytes?: number;
}

/** Who signs here. Nothing is sealed while it is unknown; readings wait in the inbox. */
export interface VaultIdentity {
  readonly origin: string;
  readonly signer: Address;
}

export interface VaultOwner {
  readonly owner: Address;
  /** Everyone who gets a key envelope: the owner, the recovery recipient (same address), each current viewer. */
  readonly recipients: readonly { readonly address: Address; readonly recipient: string }[];
  /** True once the recipient is verified and the gateway is delegated: only then is anything sealed. */
  readonly sealed: boolean;
}

export type OutboxState = 'unsigned' | 'signed' | 'accepted' | 'refused' | 'proven';

interface OutboxItemHead {
  /** Local id, ascending in the order of sealing; never reused. */
  readonly id: number;
  /** Upload the blob at once (an alarm). Its entry is signed only when `entryDue`. */
  readonly urgent: boolean;
  /** False only for an alarm's record until the stream's regular beat. */
  readonly entryDue: boolean;
  readonly blobHash: Hash | null;
  /** The epoch opened or used; its envelopes are fetched with `envelopes(epoch)`. */
  readonly epoch: Hash | null;
  /** Readings in the record (or lost, of a notice); 0 for epoch.open. */
  readonly readings: number;
  readonly seq: number | null;
  /** The signed bytes, while signed. */
  readonly entry: Uint8Array | null;
  readonly leaf: Hash | null;
  readonly index: number | null;
  readonly state: OutboxState;
  readonly code: ErrorCode | null;
}

export type OutboxItem = OutboxItemHead &
  (
    | { readonly type: 'epoch.open'; readonly body: EpochOpen }
    | { readonly type: 'record.register'; readonly body: RecordRegister }
    | { readonly type: 'notice'; readonly body: Notice }
  );

/** An own entry: of the outbox, or (user.register, key.rotate, or another life's) from outside of it. */
export interface OwnEntry {
  readonly seq: number;
  readonly leaf: Hash;
  readonly entry: Uint8Array | null;
  readonly index: number | null;
}

export interface RecordRow {
  readonly recordId: Uint8Array;
  readonly owner: Address;
  /** Unix seconds on the 5-minute grid. */
  readonly interval: { readonly start: number; readonly end: number };
  readonly count: number;
  readonly state: OutboxState;
  readonly seq: number | null;
  readonly index: number | null;
  readonly leaf: Hash | null;
  readonly code: ErrorCode | null;
}

export interface VaultStatus {
  readonly backlog: { readonly readings: number; readonly batches: number; readonly bytes: number };
  /** Readings ever committed to the inbox. */
  readonly readings: number;
  /** Readings whose record is proven in a final checkpoint. */
  readonly proven: number;
  readonly held: number;
  readonly quarantined: number;
  readonly duplicates: number;
  /** Readings that came by QoS 0, so nobody was told that they are safe. */
  readonly unacknowledged: number;
  readonly unmapped: number;
  /** Readings lost to the bounded spool, each within a tombstone. */
  readonly dropped: number;
  /** Readings in records that the ledger refused for good. */
  readonly refused: number;
  /** Records sealed ever. */
  readonly batches: number;
  /** Own entries proven. */
  readonly registrations: number;
  /** Why the vault cannot write (`disk_full`, `spool_full`, …) or seal some stream (`recipient_invalid`, …); else null. */
  readonly failing: ErrorCode | null;
  /** True when the key slots are ahead of the database: an older copy of it was put back. */
  readonly restored: boolean;
  readonly spool: {
    readonly used: number;
    readonly limit: number;
    /** Unix milliseconds when the spool is full at the present rate; absent while it does not grow. */
    readonly fillsAt?: number;
  };
}

export interface Vault {
  /**
   * Where sources deliver. `settled(null)` is called once the delivery has survived a power cut; an error
   * (`disk_full`, `quota_exceeded`, `closed`) means that it was not kept. Group commit: see agent/inbox/pace.ts.
   */
  sink(): ReadingSink;

  /** Who signs; null until enrolled. Not stored here: the identity file is the truth. */
  setIdentity(identity: VaultIdentity | null): Promise<void>;
  /**
   * Device name → owner, or null for nobody; a device that is not named is nobody's. Takes effect for every
   * delivery from the next one on. On resolve held readings of a device that now has an owner carry that
   * owner and their counters durably.
   */
  setAssignments(assignments: ReadonlyMap<string, Address | null>): Promise<void>;
  /** The owners known, with their readers. A changed set of readers starts a new epoch with the next batch. Not stored. */
  setOwners(owners: readonly VaultOwner[]): Promise<void>;
  /** Every stream's next batch starts a new epoch (after a re-enrolment). Durable on resolve. */
  renewEpochs(): Promise<void>;
  /** Called after each sealing transaction (also alarms and tombstones): there is something to send. Returns its undo. */
  onSealed(listener: () => void): () => void;
  /** Called after `refused`, for each owner of whom the ledger said `delegation_missing`. Returns its undo. */
  onUndelegated(listener: (owner: Address) => void): () => void;
  /** Close and seal every batch that can be sealed, now. On resolve the records are in the outbox, durably. */
  flush(): Promise<void>;
  status(): Promise<VaultStatus>;
  /** Owners of readings that are not sealed yet, also of those whose device is another's by now. */
  unsealedOwners(): Promise<Address[]>;

  /** Items not yet proven or refused, in the order to send: signed by seq, then unsigned by id. Reads only. */
  pending(limit: number): Promise<OutboxItem[]>;
  /** The sealed file with this SHA-256, or null when it is not held (any more). */
  blob(hash: Hash): Promise<Uint8Array | null>;
  /** The encoded envelope set (ledger/sealing `encodeEnvelopeSet`) of an epoch, or null when proven and dropped. */
  envelopes(epoch: Hash): Promise<Uint8Array | null>;
  /**
   * The signed bytes are durable on resolve; only then may they be sent. Every variant is kept until `proven` passes its
   * seq. Throws `store_failed` when the spool dropped or replaced an item since `pending`: nothing is kept, look again.
   */
  commitSigned(signed: readonly { id: number; seq: number; entry: Uint8Array; leaf: Hash }[]): Promise<void>;
  /** The ledger committed them. Durable on resolve. */
  accepted(items: readonly { id: number; index: number }[]): Promise<void>;
  /**
   * The ledger refused them: permanent ones stay as `refused`, counted and shown, and give their seq back;
   * the others only remember the code. Followers are the caller's to unsign. Durable on resolve.
   */
  refused(items: readonly { id: number; code: ErrorCode; permanent: boolean }[]): Promise<void>;
  /**
   * The ledger took the variant with this leaf for this seq. True: it was ours, and its item is `accepted`;
   * whatever else had that seq is unsigned again. False: never signed here (`identity_forked`). Durable on resolve.
   */
  adopt(seq: number, leaf: Hash, index: number): Promise<boolean>;
  /**
   * Items with a seq from this one on, which the ledger does not have, go back to unsigned, also those that a false receipt
   * called accepted; the variants are kept. Durable on resolve.
   */
  unsignFrom(seq: number): Promise<void>;
  /** Own entries from outside the outbox, so that own history is whole: register, rotations, another life's. Durable on resolve. */
  putOwn(entries: readonly OwnEntry[]): Promise<void>;
  /**
   * Everything through this seq (inclusive) is in a final checkpoint that was verified. Drops payloads, blobs,
   * envelopes and variants, keeps 32 bytes an entry and a window of details; stores `meta` in the same transaction.
   * Throws `seq_gap` when a leaf in between is not known here; nothing is changed then. Durable on resolve.
   */
  proven(proof: {
    readonly throughSeq: number;
    readonly indexes?: readonly { readonly seq: number; readonly index: number }[];
    readonly meta?: Readonly<Record<string, Uint8Array | null>>;
  }): Promise<void>;

  /** Newest first: what the outbox and the window of details hold. */
  records(query?: { readonly limit?: number; readonly recordId?: Uint8Array }): Promise<RecordRow[]>;
  /** Own leaf hashes by seq, 32·n bytes: first the `proven` ones, then what is signed now, without a gap. */
  ownLeaves(): Promise<{ readonly proven: number; readonly leaves: Uint8Array }>;
  /** Every variant ever signed for this seq and not yet passed by a proof. */
  signedVariants(seq: number): Promise<OwnEntry[]>;

  /** Small state of the sync (checkpoint held, seen note, evidence, newest proof). Null when absent. */
  meta(key: string): Promise<Uint8Array | null>;
  /** All in one transaction; null deletes. Durable on resolve. */
  setMeta(entries: Readonly<Record<string, Uint8Array | null>>): Promise<void>;

  /** Commits what waits, settles it, moves the key slots, closes the files. Batches stay open in the inbox; the next start seals them. */
  close(): Promise<void>;
}

/** A worker that died, or a file that cannot be trusted, ends the vault: the composition root decides what then. */
export type VaultFailure = (error: VitalsealError) => void;
