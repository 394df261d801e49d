// What others sign inside a body: the registrar's voucher, and proofs that the holder of a new key has it. Each text
// begins with a context of its own, so that no signature can stand for another.

import { ed25519Sign } from '../crypto.ts';
import { type CborValue, encodeCbor } from '../encoding/cbor.ts';
import type { SigningKey } from '../identity/ed25519.ts';
import { BODIES } from './bodies.ts';
import type { KeyRotate, UserRegister } from './entry.ts';

export type UnvouchedRegister = Omit<UserRegister, 'voucher'>;
export type UnprovenRotate = Omit<KeyRotate, 'nextKeyProof'>;

const nothing = new Uint8Array(64);

// Both bodies have eight keys, and what is signed is the body without the eighth, which holds the signature.
function withoutLast(body: Map<number, CborValue>): Map<number, CborValue> {
  body.delete(8);
  return body;
}

/** The body of user.register without its voucher, as the voucher and the invite's MAC cover it. */
export function registerBodyWithoutVoucher(body: UnvouchedRegister): Map<number, CborValue> {
  const voucher = { registrar: nothing.subarray(0, 20), signature: nothing };
  return withoutLast(BODIES['user.register'].put({ ...body, voucher }));
}

/** What a registrar signs to vouch for a new user. */
export function voucherText(origin: string, body: UnvouchedRegister): Uint8Array {
  return encodeCbor(['vitalseal/voucher/v1', origin, registerBodyWithoutVoucher(body)]);
}

/** What a recovery key signs, in user.register and key.rotate. */
export function recoveryText(origin: string, signingKey: Uint8Array): Uint8Array {
  return encodeCbor(['vitalseal/recovery/v1', origin, signingKey]);
}

/** What the new signing key signs in key.rotate. */
export function rotateText(origin: string, body: UnprovenRotate): Uint8Array {
  return encodeCbor([
    'vitalseal/rotate/v1',
    origin,
    withoutLast(BODIES['key.rotate'].put({ ...body, nextKeyProof: nothing })),
  ]);
}

/** The registrar's signature for UserRegister.voucher. */
export function signVoucher(origin: string, body: UnvouchedRegister, registrar: SigningKey): Uint8Array {
  return ed25519Sign(registrar.secretKey, voucherText(origin, body));
}

/** The recovery key's signature for `recoveryProof`. */
export function signRecoveryProof(origin: string, signingKey: Uint8Array, recovery: SigningKey): Uint8Array {
  return ed25519Sign(recovery.secretKey, recoveryText(origin, signingKey));
}

/** The new key's signature for KeyRotate.nextKeyProof. */
export function signNextKeyProof(origin: string, body: UnprovenRotate, next: SigningKey): Uint8Array {
  return ed25519Sign(next.secretKey, rotateText(origin, body));
}
