// device.delegate and device.end: which gateway may register for which owner, said by the owner, or by a registrar and
// marked as such. It counts when an entry is applied; when its readings were taken does not matter.

import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import { ownerOf, type Proposed, type Rule, signerOf } from './rule.ts';

function mustDecide(proposed: Proposed<'device.delegate'> | Proposed<'device.end'>): void {
  const signer = signerOf(proposed);
  const { owner, authority } = proposed.entry.body;
  const may = authority === 'owner' ? equalBytes(signer.address, owner) : signer.role === 'registrar';
  if (!may) throw new VitalsealError('authority_invalid', `the signer is not the ${authority}`);
}

export const deviceDelegate: Rule<'device.delegate'> = (proposed) => {
  mustDecide(proposed);
  const { view, entry } = proposed;
  const { owner, gateway } = entry.body;
  if (ownerOf(view, owner).role === 'gateway')
    throw new VitalsealError('authority_invalid', 'a gateway owns no readings');
  if (view.user(gateway)?.role !== 'gateway') throw new VitalsealError('authority_invalid', 'not a gateway');
  if (view.delegation(owner, gateway)) throw new VitalsealError('device_exists');
  return [{ kind: 'put-delegation', owner, gateway }];
};

export const deviceEnd: Rule<'device.end'> = (proposed) => {
  mustDecide(proposed);
  const { owner, gateway } = proposed.entry.body;
  if (!proposed.view.delegation(owner, gateway)) throw new VitalsealError('device_ended');
  return [{ kind: 'end-delegation', owner, gateway }];
};
