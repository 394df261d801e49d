// Whether keys that a registrar made are still in use. Whoever minted a key could read what is sealed to it, or rotate by
// it, so one that is kept in a rotation keeps its user minted.

import { equalBytes } from '../encoding/bytes.ts';
import type { UserRegister } from './entry.ts';

/** The keys that a rotation may keep. The signing key is always a new one. */
type Keepable = Pick<UserRegister, 'recipient' | 'recoveryRecipient' | 'recoverySigningKey'>;

/** True while `after`, a rotation of a minted user with the keys `before`, keeps any of them, in whichever place. */
export function remainsMinted(before: Keepable & { readonly minted: boolean }, after: Keepable): boolean {
  const held = [before.recipient, before.recoveryRecipient];
  const keeps =
    held.includes(after.recipient) ||
    held.includes(after.recoveryRecipient) ||
    equalBytes(before.recoverySigningKey, after.recoverySigningKey);
  return before.minted && keeps;
}
