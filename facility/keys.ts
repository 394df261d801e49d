// The four keys of an embedded facility, and the policy that follows from them. The registrar's and the facility's are
// user keys (the facility's signs receipts); log and cosigner sign checkpoints and nothing else.
import {
  addressOf,
  formatAddress,
  formatPolicy,
  generateSigningKey,
  NOTE_TYPE,
  type NoteSecret,
  noteKey,
  type SigningKey,
} from '@vitalseal/ledger';

export interface FacilityKeys {
  readonly registrar: SigningKey;
  readonly facility: SigningKey;
  readonly log: SigningKey;
  readonly cosigner: SigningKey;
}

export function generateFacilityKeys(): FacilityKeys {
  return {
    registrar: generateSigningKey(),
    facility: generateSigningKey(),
    log: generateSigningKey(),
    cosigner: generateSigningKey(),
  };
}

/** The ledger's name: it ends with the address of its first registrar. */
export function soloOrigin({ registrar }: Pick<FacilityKeys, 'registrar'>): string {
  return `vitalseal.org/solo/${formatAddress(addressOf(registrar.publicKey))}`;
}

export function logSecret(keys: FacilityKeys): NoteSecret {
  return { name: soloOrigin(keys), secretKey: keys.log.secretKey };
}

export function cosignerSecret(keys: FacilityKeys): NoteSecret {
  return { name: `${soloOrigin(keys)}/facility`, secretKey: keys.cosigner.secretKey };
}

/** One log, one witness, and that witness is the quorum: this facility vouches alone. */
export function soloPolicy(keys: FacilityKeys): string {
  const log = noteKey(logSecret(keys).name, NOTE_TYPE.ed25519, keys.log.publicKey);
  const cosigner = noteKey(cosignerSecret(keys).name, NOTE_TYPE.cosignature, keys.cosigner.publicKey);
  const witnesses = [{ name: 'facility', key: cosigner }];
  return formatPolicy({ logs: [{ key: log }], witnesses, groups: [], quorum: 'facility' });
}
