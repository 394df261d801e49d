// epoch.open: a gateway commits to the secret of a stream's next epoch and to the envelopes that hold it.

import { VitalsealError } from '../../errors.ts';
import { mustRegisterFor, ownerOf, type Rule, signerOf } from './rule.ts';

export const epochOpen: Rule<'epoch.open'> = (proposed) => {
  const { view, entry } = proposed;
  const { owner, epoch, envelopeRoot, envelopeCount } = entry.body;
  const gateway = signerOf(proposed).address;
  mustRegisterFor(proposed, owner);
  // Whoever minted the keys could read everything: nothing is sealed to them.
  if (ownerOf(view, owner).minted) throw new VitalsealError('not_rotated');
  if (view.epoch(epoch) !== null) throw new VitalsealError('epoch_taken');
  return [{ kind: 'put-epoch', epoch, state: { owner, gateway, envelopeRoot, envelopeCount } }];
};
