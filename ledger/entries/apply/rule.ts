// The shape of a rule: one entry of one type, against the state before it.

import type { Hash } from '../../crypto.ts';
import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import type { Address } from '../../identity/address.ts';
import { isAcceptablePublicKey, verifyEd25519 } from '../../identity/ed25519.ts';
import type { EntryOf, EntryType } from '../entry.ts';
import type { Effect, LedgerView, UserState } from './view.ts';

export interface Proposed<T extends EntryType> {
  readonly view: LedgerView;
  readonly entry: EntryOf<T>;
  /** The key that signed the entry. */
  readonly kid: Uint8Array;
  readonly leaf: Hash;
  /** The index that the entry will have. */
  readonly index: number;
}

/** Says what an entry changes, or throws the code with which it is refused. Head, seq and history are checked elsewhere. */
export type Rule<T extends EntryType> = (proposed: Proposed<T>) => Effect[];

/** The signer's state, when it is registered and the entry is signed by its current key. Throws `signer_unknown`. */
export function signerOf({ view, entry, kid }: Proposed<EntryType>): UserState {
  const user = view.user(entry.signer);
  if (user === null || !equalBytes(user.signingKey, kid)) throw new VitalsealError('signer_unknown');
  return user;
}

/** The owner's state. Throws `owner_unknown`. */
export function ownerOf(view: LedgerView, owner: Address): UserState {
  const user = view.user(owner);
  if (user === null) throw new VitalsealError('owner_unknown');
  return user;
}

/** Throws `delegation_missing` unless the signer registers for itself, or the owner has delegated to it. */
export function mustRegisterFor({ view, entry }: Proposed<EntryType>, owner: Address): void {
  if (equalBytes(entry.signer, owner) || view.delegation(owner, entry.signer)) return;
  throw new VitalsealError('delegation_missing');
}

/** A signing key that nobody has or had. Throws `key_invalid` or `key_taken`. */
export function mustBeNewKey(view: LedgerView, key: Uint8Array): void {
  if (!isAcceptablePublicKey(key)) throw new VitalsealError('key_invalid');
  if (view.keyTaken(key)) throw new VitalsealError('key_taken');
}

/** Throws `proof_of_possession_invalid` unless `key` signed `text`. */
export function mustPossess(key: Uint8Array, text: Uint8Array, signature: Uint8Array): void {
  if (!verifyEd25519(key, text, signature)) throw new VitalsealError('proof_of_possession_invalid');
}
