// record.register: one version of one sealed record, in an epoch that its signer opened for its owner. A version is never
// edited: the next one names it by its leaf. Two that name the same one are siblings, and both are kept.

import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import { mustRegisterFor, ownerOf, type Rule, signerOf } from './rule.ts';

export const recordRegister: Rule<'record.register'> = (proposed) => {
  const { view, entry, leaf, index } = proposed;
  const { owner, recordId, version, previous, epoch } = entry.body;
  const signer = signerOf(proposed);
  mustRegisterFor(proposed, owner);
  ownerOf(view, owner);
  const opened = view.epoch(epoch);
  if (opened === null || !equalBytes(opened.owner, owner) || !equalBytes(opened.gateway, signer.address)) {
    throw new VitalsealError('epoch_unknown');
  }
  const record = view.record(recordId);
  if (previous === null) {
    // The first version is registered once: nothing is registered twice.
    if (record !== null) throw new VitalsealError('record_exists');
  } else {
    const followed = record !== null && equalBytes(record.owner, owner) ? view.recordVersion(recordId, previous) : null;
    if (followed === null) throw new VitalsealError('record_unknown');
    if (version !== followed + 1) throw new VitalsealError('version_invalid');
  }
  return [{ kind: 'put-record', recordId, owner, version, leaf, previous, index }];
};
