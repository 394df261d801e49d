// notice: a signed statement of anyone registered. It changes no state; the leaf is what counts. A statement about lost
// readings is about the signer's own stream, so its owner must exist; a delegation that has ended since does not matter.

import { ownerOf, type Rule, signerOf } from './rule.ts';

export const notice: Rule<'notice'> = (proposed) => {
  signerOf(proposed);
  const { statement } = proposed.entry.body;
  if (statement !== null) ownerOf(proposed.view, statement.owner);
  return [];
};
