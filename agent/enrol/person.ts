// Who somebody is, by the ledger's own entries: registration → signature → address that was told at enrolment, and then
// each rotation. A gateway seals to nobody else's key, whatever a facility says.
import {
  type Address,
  addressOf,
  equalBytes,
  isRecipient,
  openEntry,
  type Role,
  remainsMinted,
  signerKeys,
  VitalsealError,
} from '@vitalseal/ledger';

export interface Person {
  readonly address: Address;
  readonly role: Role;
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly recoveryRecipient: string;
  /** Any of the keys was made by a registrar: nothing may be sealed to this person. */
  readonly minted: boolean;
}

const refuse = (why: string): never => {
  throw new VitalsealError('recipient_unverified', `what the facility shows of this person does not verify: ${why}`);
};

/**
 * The person at `address` after `entries` (user.register, then rotations; untrusted). Throws `recipient_unverified`, and
 * `owner_unknown` when there is no entry.
 */
export function verifyPerson(origin: string, address: Address, entries: readonly Uint8Array[]): Person {
  const [first, ...rotations] = entries;
  if (first === undefined) throw new VitalsealError('owner_unknown');
  try {
    const { entry, kid } = openEntry(first);
    if (entry.type !== 'user.register' || entry.origin !== origin) return refuse('no registration in this ledger');
    const { role, signingKey } = entry.body;
    if (
      !equalBytes(kid, signingKey) ||
      !equalBytes(addressOf(signingKey), address) ||
      !equalBytes(entry.signer, address)
    ) {
      return refuse('the registration is of another address');
    }
    let person: Person & { readonly recoverySigningKey: Uint8Array } = { ...entry.body, address, role };
    for (const bytes of rotations) {
      const { entry: next } = openEntry(bytes);
      if (next.type !== 'key.rotate' || !equalBytes(next.body.subject, address))
        return refuse('an entry about another');
      person = { ...next.body, address, role, minted: remainsMinted(person, next.body) };
    }
    signerKeys(origin, address, person.signingKey, entries);
    if (!isRecipient(person.recipient) || !isRecipient(person.recoveryRecipient)) return refuse('no age recipient');
    const { recipient, recoveryRecipient, minted } = person;
    return { address, role, signingKey: person.signingKey, recipient, recoveryRecipient, minted };
  } catch (error) {
    if (error instanceof VitalsealError && error.code !== 'recipient_unverified') return refuse(error.code);
    throw error;
  }
}
