// Invites: what a person carries from a facility to a new wallet or gateway. The secret in it is never sent; it makes a MAC
// over what is being registered, so that nobody on the way can put another key in. The policy's hash pins the log.

import { bech32m } from '@scure/base';
import { type Hash, hmacSha256 } from '../crypto.ts';
import { concat } from '../encoding/bytes.ts';
import { encodeCbor } from '../encoding/cbor.ts';
import { BODIES } from '../entries/bodies.ts';
import type { KeyRotate } from '../entries/entry.ts';
import { registerBodyWithoutVoucher, type UnvouchedRegister } from '../entries/proofs.ts';
import { VitalsealError } from '../errors.ts';

const PREFIX = 'vsi';

export interface Invite {
  /** 8 bytes: names the invite at its facility. */
  readonly id: Uint8Array;
  /** 16 bytes: never sent. */
  readonly secret: Uint8Array;
  /** The first 16 bytes of SHA-256 of the facility's policy. */
  readonly policyHash: Uint8Array;
}

/** `vsi1…`, 74 characters. */
export function formatInvite({ id, secret, policyHash }: Invite): string {
  if (id.length !== 8 || secret.length !== 16 || policyHash.length !== 16) throw new VitalsealError('invite_invalid');
  return bech32m.encodeFromBytes(PREFIX, concat(id, secret, policyHash));
}

/** Throws `invite_invalid`. */
export function parseInvite(code: string): Invite {
  try {
    const { prefix, bytes } = bech32m.decodeToBytes(code);
    if (prefix === PREFIX && bytes.length === 40) {
      return { id: bytes.slice(0, 8), secret: bytes.slice(8, 24), policyHash: bytes.slice(24) };
    }
  } catch {
    // said below; the code holds a secret, so no message repeats any of it
  }
  throw new VitalsealError('invite_invalid');
}

/** What POST /v1/vouch carries: HMAC-SHA-256 under the invite's secret over the body without voucher. */
export function inviteMac(secret: Uint8Array, body: UnvouchedRegister): Hash {
  return hmacSha256(secret, encodeCbor(['vitalseal/invite/v1', registerBodyWithoutVoucher(body)]));
}

/** What POST /v1/rotations carries: the same over the body of key.rotate. */
export function rotationMac(secret: Uint8Array, body: KeyRotate): Hash {
  return hmacSha256(secret, encodeCbor(['vitalseal/invite-rotate/v1', BODIES['key.rotate'].put(body)]));
}
