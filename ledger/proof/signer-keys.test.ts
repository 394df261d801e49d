import { describe, expect, it } from 'vitest';
import { signEntry } from '../entries/codec.ts';
import type { KeyRotate } from '../entries/entry.ts';
import {
  entryOf,
  facility,
  gateway,
  ORIGIN,
  type Person,
  patient,
  person,
  registerBody,
  registrar,
  rotateBody,
} from '../entries/people.testing.ts';
import { signNextKeyProof } from '../entries/proofs.ts';
import { isVitalsealError } from '../errors.ts';
import type { SigningKey } from '../identity/ed25519.ts';
import { signerKeys } from './signer-keys.ts';

const [second, third] = [person(6, 'patient'), person(7, 'patient')];

const register = (who: Person) => signEntry(entryOf('user.register', who, registerBody(who)), who.key);

/** A rotation of `subject` to the keys of `next`, signed by `key` in the name of `signer`. */
const rotate = (next: Person, key: SigningKey, change: Partial<KeyRotate> = {}, subject = patient, signer = subject) =>
  signEntry(entryOf('key.rotate', signer, rotateBody(subject, next, change)), key);

/** Which of the keys are shown when `last` signed; or the code. */
function shown(chain: Uint8Array[], last: Person): string[] | string {
  const names = new Map([patient, second, third].map((who, i) => [String(who.key.publicKey), `key ${i + 1}`]));
  try {
    const keys = signerKeys(ORIGIN, patient.address, last.key.publicKey, chain);
    return keys.map((key) => names.get(String(key)) ?? 'another key');
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
}

describe('the keys of a signer', () => {
  it('are the first one, which its address is made of, and those that it rotated to', () => {
    expect(shown([], patient)).toEqual(['key 1']);
    expect(shown([register(patient)], patient)).toEqual(['key 1']);
    expect(shown([rotate(second, patient.key)], second)).toEqual(['key 1', 'key 2']);
    const both = [rotate(second, patient.key), rotate(third, second.key)];
    expect(shown(both, third)).toEqual(['key 1', 'key 2', 'key 3']);
    // The chain leads to one key, and to no other.
    expect(shown(both, second)).toBe('proof_invalid');
    expect(shown(both, patient)).toBe('proof_invalid');
    expect(shown([rotate(second, third.key)], second)).toBe('proof_invalid');
    expect(shown([rotate(second, patient.key), rotate(third, patient.key)], third)).toBe('proof_invalid');
  });

  it('are rotated by the recovery key that the chain shows, and by no other', () => {
    const recovery = { authority: 'recovery' as const };
    const byRecovery = rotate(second, patient.recovery, recovery);
    expect(shown([register(patient), byRecovery], second)).toEqual(['key 1', 'key 2']);
    expect(shown([byRecovery], second)).toBe('proof_invalid');
    expect(shown([register(patient), rotate(second, patient.key, recovery)], second)).toBe('proof_invalid');
    expect(shown([register(patient), rotate(second, gateway.recovery, recovery)], second)).toBe('proof_invalid');
    // Each rotation brings the recovery key of the next one.
    const next = rotate(third, second.recovery, recovery);
    expect(shown([register(patient), byRecovery, next], third)).toEqual(['key 1', 'key 2', 'key 3']);
    const old = rotate(third, patient.recovery, recovery);
    expect(shown([register(patient), byRecovery, old], third)).toBe('proof_invalid');
  });

  it('are rotated by the ledger’s first registrar, by its present key, and by no other registrar', () => {
    const authority = { authority: 'registrar' as const };
    const by = (who: Person, key = who.key) => rotate(second, key, authority, patient, who);
    // The first key is not in such a chain; its address names it all the same.
    expect(shown([by(registrar)], second)).toEqual(['key 2']);
    expect(shown([register(patient), by(registrar)], second)).toEqual(['key 1', 'key 2']);
    expect(shown([by(facility)], second)).toBe('proof_invalid');
    expect(shown([by(registrar, third.key)], second)).toBe('proof_invalid');
    const newKey = rotate(third, registrar.key, {}, registrar);
    expect(shown([newKey, by(registrar, third.key)], second)).toEqual(['key 2']);
    expect(shown([newKey, by(registrar)], second)).toBe('proof_invalid');
  });

  it('are not shown by somebody else’s registration, a rotation in another’s name, or any other entry', () => {
    expect(shown([rotate(second, registrar.key, {}, patient, registrar)], second)).toBe('proof_invalid');
    expect(shown([register(patient), register(patient)], patient)).toBe('proof_invalid');
    const stolen = signEntry(entryOf('user.register', patient, registerBody(second)), second.key);
    expect(shown([stolen], second)).toBe('proof_invalid');
    expect(shown([rotate(second, patient.key, {}, patient, registrar)], second)).toBe('proof_invalid');
    const elsewhere = `${ORIGIN}x`;
    const body = rotateBody(patient, second);
    const foreign = { ...body, nextKeyProof: signNextKeyProof(elsewhere, body, second.key) };
    const entry = entryOf('key.rotate', patient, foreign, { origin: elsewhere });
    expect(shown([signEntry(entry, patient.key)], second)).toBe('proof_invalid');
    expect(shown([signEntry(entryOf('notice', patient), patient.key)], patient)).toBe('proof_invalid');
    const unproven = rotate(second, patient.key, { nextKeyProof: new Uint8Array(64) });
    expect(shown([unproven], second)).toBe('proof_invalid');
    expect(shown([rotate(second, patient.key).with(-1, 0)], second)).toBe('signature_invalid');
  });
});
