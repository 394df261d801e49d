// People and entries for tests: everything is made from small numbers, so that examples come out the same every time.

import { bech32 } from '@scure/base';
import { ed25519Sign, type Hash } from '../crypto.ts';
import { type Address, addressOf, formatAddress } from '../identity/address.ts';
import { type SigningKey, signingKeyOf } from '../identity/ed25519.ts';
import { emptyRoot } from '../tree/hash.ts';
import type { Entry, EntryBodies, EntryType, KeyRotate, Role, UserRegister } from './entry.ts';
import { rotateText, signRecoveryProof, signVoucher } from './proofs.ts';

export interface Person {
  readonly address: Address;
  readonly role: Role;
  readonly key: SigningKey;
  readonly recovery: SigningKey;
  readonly recipient: string;
  readonly recoveryRecipient: string;
}

/** `n` from 1 to 63. */
export function person(n: number, role: Role): Person {
  const key = signingKeyOf(new Uint8Array(32).fill(n));
  return {
    address: addressOf(key.publicKey),
    role,
    key,
    recovery: signingKeyOf(new Uint8Array(32).fill(n + 64)),
    recipient: recipientOf(n),
    recoveryRecipient: recipientOf(n + 64),
  };
}

/** A well-formed recipient; nobody holds its identity. */
export function recipientOf(n: number): string {
  return bech32.encode('age1pq', bech32.toWords(new Uint8Array(1216).fill(n)), false);
}

export const registrar = person(1, 'registrar');
export const facility = person(2, 'facility');
export const patient = person(3, 'patient');
export const gateway = person(4, 'gateway');
export const doctor = person(5, 'doctor');
export const ORIGIN = `vitalseal.org/solo/${formatAddress(registrar.address)}`;

export function registerBody(who: Person, minted = false, by: Person = registrar, origin = ORIGIN): UserRegister {
  const body = {
    signingKey: who.key.publicKey,
    recipient: who.recipient,
    recoveryRecipient: who.recoveryRecipient,
    recoverySigningKey: who.recovery.publicKey,
    role: who.role,
    recoveryProof: signRecoveryProof(origin, who.key.publicKey, who.recovery),
    minted,
  };
  return { ...body, voucher: { registrar: by.address, signature: signVoucher(origin, body, by.key) } };
}

/** A rotation of `who` to the keys of `next`, whose own address plays no part. */
export function rotateBody(who: Person, next: Person, change: Partial<KeyRotate> = {}): KeyRotate {
  const body = {
    subject: who.address,
    authority: 'user' as const,
    signingKey: next.key.publicKey,
    recipient: next.recipient,
    recoveryRecipient: next.recoveryRecipient,
    recoverySigningKey: next.recovery.publicKey,
    recoveryProof: signRecoveryProof(ORIGIN, next.key.publicKey, next.recovery),
    ...change,
  };
  return { ...body, nextKeyProof: ed25519Sign(next.key.secretKey, rotateText(ORIGIN, body)), ...change };
}

const h = (n: number): Hash => new Uint8Array(32).fill(n);

/** A valid body of each type; `epoch` and recordId are made from numbers too. */
export const BODY_EXAMPLES: EntryBodies = {
  'user.register': registerBody(patient),
  'key.rotate': rotateBody(patient, person(6, 'patient')),
  'device.delegate': { gateway: gateway.address, owner: patient.address, authority: 'registrar' },
  'device.end': { gateway: gateway.address, owner: patient.address, authority: 'owner' },
  'epoch.open': { owner: patient.address, epoch: h(0xe0), envelopeRoot: h(0xe1), envelopeCount: 4 },
  'record.register': {
    owner: patient.address,
    recordId: new Uint8Array(16).fill(0xaa),
    version: 1,
    previous: null,
    interval: { start: 1_795_255_200, end: 1_795_255_500 },
    clock: 'synchronised',
    contentType: 'application/vnd.vitalseal.batch',
    blobHash: h(0xb0),
    blobSize: 4096,
    commitment: h(0xc0),
    epoch: h(0xe0),
    index: 0,
  },
  notice: {
    kind: 'readings-dropped',
    about: null,
    statement: {
      owner: patient.address,
      firstCounter: 100,
      lastCounter: 199,
      from: 1_795_255_200,
      to: 1_795_255_500,
      reason: 'spool-full',
    },
  },
};

/** The first entry of `who`, in an empty tree, unless told otherwise. */
export function entryOf<T extends EntryType>(
  type: T,
  who: Person,
  body: EntryBodies[T] = BODY_EXAMPLES[type],
  head: Partial<Pick<Entry, 'seq' | 'history' | 'seen' | 'origin'>> = {},
): Entry {
  const none = { origin: ORIGIN, seq: 0, history: emptyRoot, seen: { size: 0, root: emptyRoot } };
  return { ...none, ...head, type, signer: who.address, body } as Entry;
}
