// Identity files of those whose keys are made here: the founders, and minted pairs.
import { addressOf, formatIdentity, policyHash, toHex } from '@vitalseal/ledger';
import type { Founders } from './genesis.ts';
import type { Minted } from './mint.ts';
import type { NewcomerKeys } from './newcomer.ts';

/** The file of a minted key pair, for `agent enroll --key`. Its recovery key is not in it: its holder rotates to its own. */
export function keyFile({ keys }: Minted, origin: string, policyText: string): string {
  return identityText(keys, origin, policyText);
}

/** Files of the founders, by their names in the folder. */
export function foundersTexts(origin: string, policyText: string, people: Founders): Record<string, string> {
  return {
    'keys/registrar.identity': identityText(people.registrar, origin, policyText),
    'keys/facility.identity': identityText(people.facility, origin, policyText),
    recovery: [
      '# Recovery keys of this registrar and this facility. Print this file, keep it in a drawer, and remove it.',
      recoveryText('registrar', people.registrar),
      recoveryText('facility', people.facility),
    ].join('\n'),
  };
}

function identityText({ signing, age }: NewcomerKeys, origin: string, policyText: string): string {
  const address = addressOf(signing.publicKey);
  return formatIdentity({ address, origin, policy: policyHash(policyText), signingKey: signing.secretKey, ...age });
}

function recoveryText(who: string, { recoverySigning, recoveryAge }: NewcomerKeys): string {
  return `\n# ${who}\n# signing-key: ${toHex(recoverySigning.secretKey)}\n${recoveryAge.identity}\n`;
}
