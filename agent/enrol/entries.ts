// The entries of enrolment: the registration of a new gateway, and the rotation to keys that were made here. Pure.
import {
  type Address,
  addressOf,
  type Entry,
  emptyRoot,
  generateRecipientKey,
  generateSigningKey,
  type Hash,
  type KeyRotate,
  type SigningKey,
  signEntry,
  signingKeyOf,
  signNextKeyProof,
  signRecoveryProof,
  type UnvouchedRegister,
  type Voucher,
} from '@vitalseal/ledger';
import type { OwnKeys } from './enrolment.ts';

/** Fresh keys. The secret recovery key is used once, for its proof, and not kept: whoever re-enrols a gateway is the registrar. */
export async function makeKeys(): Promise<OwnKeys> {
  const [own, recovery] = [await generateRecipientKey(), await generateRecipientKey()];
  return {
    signing: generateSigningKey().secretKey,
    identity: own.identity,
    recipient: own.recipient,
    recoverySigning: generateSigningKey().secretKey,
    recoveryRecipient: recovery.recipient,
  };
}

/** The body for which a registrar is asked to vouch. */
export function registerBody(origin: string, keys: OwnKeys): UnvouchedRegister {
  const signing = signingKeyOf(keys.signing);
  const recovery = signingKeyOf(keys.recoverySigning);
  return {
    signingKey: signing.publicKey,
    recipient: keys.recipient,
    recoveryRecipient: keys.recoveryRecipient,
    recoverySigningKey: recovery.publicKey,
    role: 'gateway',
    recoveryProof: signRecoveryProof(origin, signing.publicKey, recovery),
    minted: false,
  };
}

/** user.register, this gateway's first entry. */
export function registerEntry(origin: string, keys: OwnKeys, voucher: Voucher): Uint8Array {
  const signing = signingKeyOf(keys.signing);
  const entry: Entry = {
    type: 'user.register',
    origin,
    signer: addressOf(signing.publicKey),
    seq: 0,
    history: emptyRoot,
    seen: { size: 0, root: emptyRoot },
    body: { ...registerBody(origin, keys), voucher },
  };
  return signEntry(entry, signing);
}

/** The body of a rotation to the new keys. */
export function rotateBody(
  origin: string,
  subject: Address,
  authority: KeyRotate['authority'],
  keys: OwnKeys,
): KeyRotate {
  const next = signingKeyOf(keys.signing);
  const recovery = signingKeyOf(keys.recoverySigning);
  const body = {
    subject,
    authority,
    signingKey: next.publicKey,
    recipient: keys.recipient,
    recoveryRecipient: keys.recoveryRecipient,
    recoverySigningKey: recovery.publicKey,
    recoveryProof: signRecoveryProof(origin, next.publicKey, recovery),
  };
  return { ...body, nextKeyProof: signNextKeyProof(origin, body, next) };
}

/** key.rotate by a minted key, for itself, at the place the ledger has for it. */
export function rotateEntry(
  origin: string,
  minted: SigningKey,
  place: { readonly address: Address; readonly seq: number; readonly history: Hash },
  keys: OwnKeys,
): Uint8Array {
  const { address, seq, history } = place;
  const body = rotateBody(origin, address, 'user', keys);
  const seen = { size: 0, root: emptyRoot };
  return signEntry({ type: 'key.rotate', origin, signer: address, seq, history, seen, body }, minted);
}
