// An enrolment under way, as it stands on the disk between its steps. It holds the new keys, so that no power cut can
// leave a person registered whose keys are lost.
import {
  fromBase64,
  fromHex,
  isVitalsealError,
  ROLES,
  type Role,
  signingKeyOf,
  toBase64,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { PersonKeys } from './person.ts';

export interface Pending {
  readonly origin: string;
  /** Hash of the policy that the invite pins by its beginning. */
  readonly policyHash: Uint8Array;
  readonly role: Role;
  readonly keys: PersonKeys;
  /** The signed user.register, once the registrar has vouched: resent as it is. */
  readonly entry: Uint8Array | null;
}

const VERSION = 1;

export function encodePending({ origin, policyHash, role, keys, entry }: Pending): string {
  const { signing, age, recoverySigning, recoveryAge } = keys;
  const text = {
    version: VERSION,
    origin,
    policyHash: toHex(policyHash),
    role,
    signing: toHex(signing.secretKey),
    age,
    recoverySigning: toHex(recoverySigning.secretKey),
    recoveryAge,
    entry: entry === null ? null : toBase64(entry),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

/** Throws `store_newer` or `store_damaged`: the file is this person's own, so nothing in it is guessed at. */
export function decodePending(text: string): Pending {
  try {
    const file = JSON.parse(text);
    if (file.version > VERSION) throw new VitalsealError('store_newer');
    if (!ROLES.includes(file.role) || typeof file.origin !== 'string') throw new Error('not an enrolment');
    return {
      origin: file.origin,
      policyHash: fromHex(file.policyHash, 32),
      role: file.role,
      keys: {
        signing: signingKeyOf(fromHex(file.signing, 32)),
        age: file.age,
        recoverySigning: signingKeyOf(fromHex(file.recoverySigning, 32)),
        recoveryAge: file.recoveryAge,
      },
      entry: file.entry === null ? null : fromBase64(file.entry),
    };
  } catch (error) {
    if (isVitalsealError(error, 'store_newer')) throw error;
    throw new VitalsealError('store_damaged', 'the file of the enrolment under way is damaged');
  }
}
