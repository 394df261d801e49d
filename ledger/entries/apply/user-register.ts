// user.register: somebody new, by its own first key, with a registrar's word. Leaf 0 is the first registrar's own.

import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import { addressOf, formatAddress } from '../../identity/address.ts';
import { verifyEd25519 } from '../../identity/ed25519.ts';
import { recoveryText, voucherText } from '../proofs.ts';
import { mustBeNewKey, mustPossess, type Proposed, type Rule } from './rule.ts';

/** The key that must have signed the voucher: a registrar's, or at leaf 0 the founder's own. Throws `voucher_invalid`. */
function voucherKey({ view, entry }: Proposed<'user.register'>): Uint8Array {
  const { registrar } = entry.body.voucher;
  if (view.size() === 0) {
    const founder = formatAddress(entry.signer);
    if (entry.body.role !== 'registrar' || !equalBytes(registrar, entry.signer)) {
      throw new VitalsealError('voucher_invalid', 'the first entry is a registrar that vouches for itself');
    }
    if (!view.origin.endsWith(`/${founder}`)) {
      throw new VitalsealError('voucher_invalid', "the origin does not end with the first registrar's address");
    }
    return entry.body.signingKey;
  }
  const user = view.user(registrar);
  if (user?.role !== 'registrar') throw new VitalsealError('voucher_invalid', 'the voucher is by no registrar');
  return user.signingKey;
}

export const userRegister: Rule<'user.register'> = (proposed) => {
  const { view, entry, kid } = proposed;
  const { voucher, recoveryProof, ...keys } = entry.body;
  if (!equalBytes(kid, keys.signingKey) || !equalBytes(entry.signer, addressOf(keys.signingKey))) {
    throw new VitalsealError('signer_unknown', 'a new user signs with the key that its address is made of');
  }
  if (view.user(entry.signer) !== null) throw new VitalsealError('user_exists');
  mustBeNewKey(view, keys.signingKey);
  mustBeNewKey(view, keys.recoverySigningKey);
  if (equalBytes(keys.signingKey, keys.recoverySigningKey)) {
    throw new VitalsealError('key_taken', 'the recovery key must be another key');
  }
  mustPossess(keys.recoverySigningKey, recoveryText(view.origin, keys.signingKey), recoveryProof);
  if (!verifyEd25519(voucherKey(proposed), voucherText(view.origin, entry.body), voucher.signature)) {
    throw new VitalsealError('voucher_invalid');
  }
  return [
    { kind: 'put-user', user: { address: entry.signer, ...keys } },
    { kind: 'put-key', key: keys.signingKey, address: entry.signer },
    { kind: 'put-key', key: keys.recoverySigningKey, address: entry.signer },
  ];
};
