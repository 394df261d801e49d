// key.rotate: next keys for an address that stays. By the current key, by the printed recovery key, or by a registrar for
// somebody who lost both (marked as such); always with proof that the holder of the next keys has them.

import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import { remainsMinted } from '../minted.ts';
import { recoveryText, rotateText } from '../proofs.ts';
import { mustBeNewKey, mustPossess, type Proposed, type Rule, signerOf } from './rule.ts';
import type { Effect, UserState } from './view.ts';

/** The user whose keys change, when this signer may change them. */
function subjectOf(proposed: Proposed<'key.rotate'>): UserState {
  const { view, entry, kid } = proposed;
  const { subject, authority } = entry.body;
  const user = view.user(subject);
  if (authority === 'registrar') {
    if (signerOf(proposed).role !== 'registrar') throw new VitalsealError('authority_invalid', 'not a registrar');
    if (user === null) throw new VitalsealError('owner_unknown', 'no such user is registered');
    if (user.role === 'registrar') throw new VitalsealError('authority_invalid', 'a registrar rotates its own keys');
    return user;
  }
  if (!equalBytes(subject, entry.signer)) throw new VitalsealError('authority_invalid', "another user's keys");
  const key = authority === 'user' ? user?.signingKey : user?.recoverySigningKey;
  if (user === null || key === undefined || !equalBytes(key, kid)) throw new VitalsealError('signer_unknown');
  return user;
}

export const keyRotate: Rule<'key.rotate'> = (proposed) => {
  const { view, entry } = proposed;
  const { signingKey, recipient, recoveryRecipient, recoverySigningKey, recoveryProof, nextKeyProof } = entry.body;
  const user = subjectOf(proposed);
  const sameRecoveryKey = equalBytes(recoverySigningKey, user.recoverySigningKey);
  mustBeNewKey(view, signingKey);
  if (!sameRecoveryKey) mustBeNewKey(view, recoverySigningKey);
  if (equalBytes(signingKey, recoverySigningKey)) {
    throw new VitalsealError('key_taken', 'the recovery key must be another key');
  }
  // The printed key need not leave its drawer for a rotation that does not touch it. A registrar may not use that:
  // it would pass off a recovery key that the subject may have lost.
  const untouched = sameRecoveryKey && recoveryRecipient === user.recoveryRecipient && entry.body.authority === 'user';
  if (recoveryProof !== null) mustPossess(recoverySigningKey, recoveryText(view.origin, signingKey), recoveryProof);
  else if (!untouched)
    throw new VitalsealError('proof_of_possession_invalid', 'the recovery key changes without proof');
  mustPossess(signingKey, rotateText(view.origin, entry.body), nextKeyProof);

  const minted = remainsMinted(user, entry.body);
  const next: UserState = { ...user, signingKey, recipient, recoveryRecipient, recoverySigningKey, minted };
  const effects: Effect[] = [
    { kind: 'put-user', user: next },
    { kind: 'put-key', key: signingKey, address: user.address },
  ];
  if (!sameRecoveryKey) effects.push({ kind: 'put-key', key: recoverySigningKey, address: user.address });
  return effects;
};
