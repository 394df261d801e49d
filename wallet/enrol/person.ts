// A new person's keys, and the entry that registers them: a signing key, a post-quantum age key, and a recovery key of
// each kind that is printed once and kept in a drawer.
import {
  addressOf,
  type EntryHead,
  emptyRoot,
  formatIdentity,
  generateRecipientKey,
  generateSigningKey,
  type IdentityFile,
  type RecipientKey,
  type Role,
  type SigningKey,
  signEntry,
  signRecoveryProof,
  type UnvouchedRegister,
  type VouchAnswer,
} from '@vitalseal/ledger';

export interface PersonKeys {
  readonly signing: SigningKey;
  readonly age: RecipientKey;
  readonly recoverySigning: SigningKey;
  readonly recoveryAge: RecipientKey;
}

export async function newPerson(): Promise<PersonKeys> {
  return {
    signing: generateSigningKey(),
    age: await generateRecipientKey(),
    recoverySigning: generateSigningKey(),
    recoveryAge: await generateRecipientKey(),
  };
}

/** The body for which the registrar is asked to vouch; the same keys give the same body. */
export function registerBody(origin: string, keys: PersonKeys, role: Role): UnvouchedRegister {
  return {
    signingKey: keys.signing.publicKey,
    recipient: keys.age.recipient,
    recoveryRecipient: keys.recoveryAge.recipient,
    recoverySigningKey: keys.recoverySigning.publicKey,
    role,
    recoveryProof: signRecoveryProof(origin, keys.signing.publicKey, keys.recoverySigning),
    minted: false,
  };
}

/** The person's first entry. */
export function registerEntry(
  origin: string,
  { signing }: PersonKeys,
  body: UnvouchedRegister,
  voucher: VouchAnswer,
  seen: EntryHead['seen'],
): Uint8Array {
  const signer = addressOf(signing.publicKey);
  const head: EntryHead = { origin, signer, seq: 0, history: emptyRoot, seen };
  return signEntry({ ...head, type: 'user.register', body: { ...body, voucher } }, signing);
}

const PRINT = [
  '# This is the recovery key. Print this file, keep it in a drawer, and remove it from the computer.',
  '# Whoever holds it can read everything sealed to this person, and give the person new keys.',
];

/**
 * The recovery key as text, to be printed. It is an identity file too, so that `vitalseal read --identity` takes it when
 * everything else is lost.
 */
export function recoveryText(file: Pick<IdentityFile, 'address' | 'origin' | 'policy'>, keys: PersonKeys): string {
  const { recoverySigning, recoveryAge } = keys;
  const [title, ...rest] = formatIdentity({ ...file, signingKey: recoverySigning.secretKey, ...recoveryAge }).split(
    '\n',
  );
  return [title, ...PRINT, ...rest].join('\n');
}
