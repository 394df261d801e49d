// A rotation of somebody's keys that the registrar signed and that is in no ledger: how a facility would have a gateway seal to keys
// of its own, without an auditor ever seeing it. The registrar's key is read from the facility's folder.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addressOf,
  emptyRoot,
  fromHex,
  generateRecipientKey,
  generateSigningKey,
  parseAddress,
  signEntry,
  signingKeyOf,
  signNextKeyProof,
  signRecoveryProof,
} from '@vitalseal/ledger';

/** The entry's bytes; its signature and proofs of possession verify. */
export async function forgedRotation(facilityDir: string, origin: string, subject: string): Promise<Uint8Array> {
  const text = await readFile(join(facilityDir, 'keys', 'registrar'), 'utf8');
  const registrar = signingKeyOf(fromHex(text.split('\n')[1] ?? '', 32));
  const [next, recovery] = [generateSigningKey(), generateSigningKey()];
  const body = {
    subject: parseAddress(subject),
    authority: 'registrar' as const,
    signingKey: next.publicKey,
    recipient: (await generateRecipientKey()).recipient,
    recoveryRecipient: (await generateRecipientKey()).recipient,
    recoverySigningKey: recovery.publicKey,
    recoveryProof: signRecoveryProof(origin, next.publicKey, recovery),
  };
  const nextKeyProof = signNextKeyProof(origin, body, next);
  const signer = addressOf(registrar.publicKey);
  const head = { origin, signer, seq: 9, history: new Uint8Array(32), seen: { size: 0, root: emptyRoot } };
  return signEntry({ ...head, type: 'key.rotate', body: { ...body, nextKeyProof } }, registrar);
}
