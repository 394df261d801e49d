// Keys of somebody new, and the entry that registers them: for the founder, for the facility itself, and for key pairs
// that the registrar mints for a gateway which will rotate them.
import {
  addressOf,
  type EntryHead,
  emptyRoot,
  generateRecipientKey,
  generateSigningKey,
  type Role,
  type SigningKey,
  signEntry,
  signRecoveryProof,
  type UnvouchedRegister,
  type VouchAnswer,
} from '@vitalseal/ledger';

export interface NewcomerKeys {
  readonly signing: SigningKey;
  /** `AGE-SECRET-KEY-PQ-…` and its recipient. */
  readonly age: { readonly identity: string; readonly recipient: string };
  readonly recoverySigning: SigningKey;
  readonly recoveryAge: { readonly identity: string; readonly recipient: string };
}

export async function newcomerKeys(signing: SigningKey = generateSigningKey()): Promise<NewcomerKeys> {
  return {
    signing,
    age: await generateRecipientKey(),
    recoverySigning: generateSigningKey(),
    recoveryAge: await generateRecipientKey(),
  };
}

/** The body for which a registrar is asked to vouch. */
export function newcomerBody(origin: string, keys: NewcomerKeys, role: Role, minted: boolean): UnvouchedRegister {
  return {
    signingKey: keys.signing.publicKey,
    recipient: keys.age.recipient,
    recoveryRecipient: keys.recoveryAge.recipient,
    recoverySigningKey: keys.recoverySigning.publicKey,
    role,
    recoveryProof: signRecoveryProof(origin, keys.signing.publicKey, keys.recoverySigning),
    minted,
  };
}

/** The newcomer's first entry, signed by itself. */
export function newcomerEntry(
  origin: string,
  keys: NewcomerKeys,
  body: UnvouchedRegister,
  voucher: VouchAnswer,
  seen: EntryHead['seen'] = { size: 0, root: emptyRoot },
): Uint8Array {
  const signer = addressOf(keys.signing.publicKey);
  const head: EntryHead = { origin, signer, seq: 0, history: emptyRoot, seen };
  return signEntry({ ...head, type: 'user.register', body: { ...body, voucher } }, keys.signing);
}
