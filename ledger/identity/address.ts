// The name of a user: the first 20 bytes of SHA-256 of the first signing key, shown as bech32m (BIP 350) with prefix `vs`.
// It stays the same when keys are rotated, and the checksum catches what people mistype.

import { bech32m } from '@scure/base';
import { sha256 } from '../crypto.ts';
import { VitalsealError } from '../errors.ts';

/** 20 bytes. */
export type Address = Uint8Array;

export const ADDRESS_BYTES = 20;
const PREFIX = 'vs';
/** `vs1`, 32 characters, 6 of checksum. */
const TEXT_LENGTH = 41;

/** The address of the user whose first signing key (32 bytes) this is. */
export function addressOf(firstSigningKey: Uint8Array): Address {
  return sha256(firstSigningKey).slice(0, ADDRESS_BYTES);
}

/** `vs1…`, 41 characters, lower case. */
export function formatAddress(address: Address): string {
  if (address.length !== ADDRESS_BYTES) throw new VitalsealError('address_invalid', 'an address has 20 bytes');
  return bech32m.encodeFromBytes(PREFIX, address);
}

/** The address of a text: all lower or all upper case (BIP 173). Throws `address_invalid`. */
export function parseAddress(text: string): Address {
  if (text.length !== TEXT_LENGTH)
    throw new VitalsealError('address_invalid', `an address has ${TEXT_LENGTH} characters`);
  try {
    const { prefix, bytes } = bech32m.decodeToBytes(text);
    if (prefix === PREFIX && bytes.length === ADDRESS_BYTES) return bytes;
  } catch {
    // said below
  }
  throw new VitalsealError('address_invalid');
}
