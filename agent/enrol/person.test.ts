import {
  addressOf,
  emptyRoot,
  generateRecipientKey,
  generateSigningKey,
  signEntry,
  signNextKeyProof,
  signRecoveryProof,
  signVoucher,
} from '@vitalseal/ledger';
import { expect, it } from 'vitest';
import { verifyPerson } from './person.ts';

const origin = 'vitalseal.org/solo/test';
const head = { origin, seq: 0, history: emptyRoot, seen: { size: 0, root: emptyRoot } };

it('takes a person for minted until a rotation keeps none of the minted keys', async () => {
  const [key, recovery, next] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
  const address = addressOf(key.publicKey);
  const recipient = async () => (await generateRecipientKey()).recipient;
  const keys = {
    signingKey: key.publicKey,
    recipient: await recipient(),
    recoveryRecipient: await recipient(),
    recoverySigningKey: recovery.publicKey,
  };
  const unvouched = {
    ...keys,
    role: 'patient' as const,
    minted: true,
    recoveryProof: signRecoveryProof(origin, key.publicKey, recovery),
  };
  const voucher = { registrar: address, signature: signVoucher(origin, unvouched, key) };
  const register = signEntry({ ...head, signer: address, type: 'user.register', body: { ...unvouched, voucher } }, key);
  const rotated = (change: Partial<typeof keys>) => {
    const body = { ...keys, ...change, subject: address, authority: 'user' as const, signingKey: next.publicKey };
    const unproven = { ...body, recoveryProof: null };
    const nextKeyProof = signNextKeyProof(origin, unproven, next);
    return signEntry({ ...head, signer: address, type: 'key.rotate', body: { ...unproven, nextKeyProof } }, key);
  };
  const minted = (...entries: Uint8Array[]) => verifyPerson(origin, address, entries).minted;
  expect(minted(register)).toBe(true);
  expect(minted(register, rotated({ recipient: await recipient() }))).toBe(true);
  const own = { recipient: await recipient(), recoveryRecipient: await recipient() };
  expect(minted(register, rotated(own))).toBe(true);
  expect(minted(register, rotated({ ...own, recoverySigningKey: generateSigningKey().publicKey }))).toBe(false);
});
