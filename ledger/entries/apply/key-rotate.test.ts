import { beforeEach, describe, expect, it } from 'vitest';
import { isVitalsealError } from '../../errors.ts';
import type { KeyRotate } from '../entry.ts';
import {
  BODY_EXAMPLES,
  doctor,
  facility,
  gateway,
  ORIGIN,
  patient,
  person,
  recipientOf,
  registerBody,
  registrar,
  rotateBody,
} from '../people.testing.ts';
import { signRecoveryProof } from '../proofs.ts';
import { MemoryLedger } from './memory-ledger.testing.ts';

const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};

describe('key.rotate', () => {
  const next = person(6, 'patient');
  let ledger: MemoryLedger;
  beforeEach(() => {
    ledger = new MemoryLedger();
    for (const who of [registrar, facility, patient, gateway]) ledger.apply('user.register', who, registerBody(who));
  });
  const rotate = (change: Partial<KeyRotate> = {}, who = patient, key = patient.key) =>
    ledger.apply('key.rotate', who, rotateBody(patient, next, change), key);

  it('by the user: the address and the seq stay, the old key is of no use', () => {
    rotate();
    expect(ledger.user(patient.address)).toMatchObject({ signingKey: next.key.publicKey, recipient: next.recipient });
    expect(code(() => ledger.apply('notice', patient, BODY_EXAMPLES.notice))).toBe('signer_unknown');
    expect(ledger.apply('notice', patient, BODY_EXAMPLES.notice, next.key).decoded.entry.seq).toBe(2);
    expect(code(() => rotate({}, patient, next.key))).toBe('key_taken');
  });

  it('by the recovery key', () => {
    expect(code(() => rotate({ authority: 'recovery' }, patient, patient.key))).toBe('signer_unknown');
    expect(code(() => rotate({ authority: 'recovery' }, patient, patient.recovery))).toBe('accepted');
  });

  it('by a registrar, for anybody but a registrar', () => {
    expect(code(() => rotate({ authority: 'registrar' }, facility, facility.key))).toBe('authority_invalid');
    expect(code(() => rotate({ authority: 'user' }, registrar, registrar.key))).toBe('authority_invalid');
    expect(code(() => rotate({ authority: 'registrar', subject: registrar.address }, registrar, registrar.key))).toBe(
      'authority_invalid',
    );
    expect(code(() => rotate({ authority: 'registrar', subject: doctor.address }, registrar, registrar.key))).toBe(
      'owner_unknown',
    );
    expect(code(() => rotate({ authority: 'registrar' }, registrar, registrar.key))).toBe('accepted');
    expect(ledger.apply('notice', patient, BODY_EXAMPLES.notice, next.key).decoded.entry.seq).toBe(1);
  });

  it('proves the next keys; the recovery key may stay in its drawer', () => {
    const kept = {
      recoverySigningKey: patient.recovery.publicKey,
      recoveryRecipient: patient.recoveryRecipient,
      recoveryProof: null,
    };
    expect(code(() => rotate({ nextKeyProof: new Uint8Array(64) }))).toBe('proof_of_possession_invalid');
    expect(code(() => rotate({ recoveryProof: new Uint8Array(64) }))).toBe('proof_of_possession_invalid');
    expect(code(() => rotate({ recoveryProof: null }))).toBe('proof_of_possession_invalid');
    expect(code(() => rotate({ ...kept, recoveryRecipient: recipientOf(50) }))).toBe('proof_of_possession_invalid');
    expect(code(() => rotate({ ...kept, authority: 'registrar' }, registrar, registrar.key))).toBe(
      'proof_of_possession_invalid',
    );
    expect(code(() => rotate({ recoverySigningKey: gateway.recovery.publicKey }))).toBe('key_taken');
    const same = {
      recoverySigningKey: next.key.publicKey,
      recoveryProof: signRecoveryProof(ORIGIN, next.key.publicKey, next.key),
    };
    expect(code(() => rotate(same))).toBe('key_taken');
    expect(code(() => rotate(kept))).toBe('accepted');
  });

  it('ends a minting only when none of the minted keys is left', () => {
    ledger = new MemoryLedger();
    ledger.apply('user.register', registrar, registerBody(registrar));
    ledger.apply('user.register', patient, registerBody(patient, true));
    const minted = () => ledger.user(patient.address)?.minted;
    const keepsRecovery = {
      recoverySigningKey: patient.recovery.publicKey,
      recoveryRecipient: patient.recoveryRecipient,
      recoveryProof: null,
    };
    rotate(keepsRecovery);
    expect(minted()).toBe(true);
    const kept = (n: number, change: Partial<KeyRotate>, by = next) => {
      const then = person(n, 'patient');
      ledger.apply('key.rotate', patient, rotateBody(patient, then, change), by.key);
      return then;
    };
    // What was replaced before does not count: the holder has to show new keys of every kind at once.
    const third = kept(7, { recoveryRecipient: patient.recoveryRecipient });
    expect(minted()).toBe(true);
    const fourth = kept(8, { recipient: third.recipient }, third);
    expect(minted()).toBe(true);
    const fifth = kept(9, { recipient: fourth.recoveryRecipient, recoveryRecipient: third.recipient }, fourth);
    expect(minted()).toBe(true);
    kept(10, {}, fifth);
    expect(minted()).toBe(false);
  });
});
