// What the rules read of a ledger's state, and what they change. A store answers the view (synchronously, within one
// transaction) and carries out the effects; it decides nothing.

import type { Hash } from '../../crypto.ts';
import type { Address } from '../../identity/address.ts';
import type { FrontierState } from '../../tree/frontier.ts';
import type { Role } from '../entry.ts';

export interface UserState {
  readonly address: Address;
  readonly role: Role;
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly recoveryRecipient: string;
  readonly recoverySigningKey: Uint8Array;
  /** True while any key is one that a registrar made: nothing is sealed to this user. */
  readonly minted: boolean;
}

export interface SignerState {
  /** The next seq. Equals `frontier.size`. */
  readonly seq: number;
  /** Of the signer's own history: its leaf hashes as level-0 nodes. */
  readonly frontier: FrontierState;
}

export interface EpochState {
  readonly owner: Address;
  readonly gateway: Address;
  readonly envelopeRoot: Hash;
  readonly envelopeCount: number;
}

/** The state before an entry. Every look-up is exact; null means that there is none. */
export interface LedgerView {
  readonly origin: string;
  /** Leaves in the tree: the index that the next entry gets. */
  size(): number;
  /** Root of the first `size` leaves; null when the tree is smaller. */
  rootAt(size: number): Hash | null;
  user(address: Address): UserState | null;
  /** Null before the signer's first entry. */
  signer(address: Address): SignerState | null;
  /** The signer's entry with this seq. */
  entryAt(signer: Address, seq: number): { readonly leaf: Hash; readonly index: number } | null;
  /** True when the signing key is, or ever was, somebody's signing or recovery key. */
  keyTaken(signingKey: Uint8Array): boolean;
  delegation(owner: Address, gateway: Address): boolean;
  epoch(epoch: Hash): EpochState | null;
  /** Whose record it is. */
  record(recordId: Uint8Array): { readonly owner: Address } | null;
  /** Version number of the version of this record with this leaf hash. */
  recordVersion(recordId: Uint8Array, leaf: Hash): number | null;
}

/** One change of the state. A closed union: a store carries out each kind, all of an entry in one transaction. */
export type Effect =
  /** Insert, or replace by address. */
  | { readonly kind: 'put-user'; readonly user: UserState }
  /** `key` is taken from now on, for ever. */
  | { readonly kind: 'put-key'; readonly key: Uint8Array; readonly address: Address }
  /** The signer's entry `seq` has this leaf and index; `signer` is its state after that. */
  | {
      readonly kind: 'put-signer';
      readonly address: Address;
      readonly seq: number;
      readonly leaf: Hash;
      readonly index: number;
      readonly signer: SignerState;
    }
  | { readonly kind: 'put-delegation'; readonly owner: Address; readonly gateway: Address }
  | { readonly kind: 'end-delegation'; readonly owner: Address; readonly gateway: Address }
  | { readonly kind: 'put-epoch'; readonly epoch: Hash; readonly state: EpochState }
  /** One more version of a record; siblings are kept. */
  | {
      readonly kind: 'put-record';
      readonly recordId: Uint8Array;
      readonly owner: Address;
      readonly version: number;
      readonly leaf: Hash;
      readonly previous: Hash | null;
      readonly index: number;
    };
