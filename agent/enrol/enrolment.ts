// How far the enrolment of this gateway is. While it is under way the draft holds the keys that were made for it; once it
// is done they are in the identity file, and `enrolment.json` tells where and for whom.
import { fromHex, isVitalsealError, toHex, VitalsealError } from '@vitalseal/ledger';

/** Keys made on this gateway; they never leave it. The recovery pair only shows possession: a gateway that lost its keys is re-enrolled. */
export interface OwnKeys {
  readonly signing: Uint8Array;
  readonly identity: string;
  readonly recipient: string;
  readonly recoverySigning: Uint8Array;
  readonly recoveryRecipient: string;
}

/** An own entry that enrolment itself made (user.register, key.rotate), or another life's. */
export interface OwnRow {
  readonly seq: number;
  readonly leaf: Uint8Array;
  readonly entry: Uint8Array | null;
  readonly index: number | null;
}

export interface Enrolment {
  readonly version: 1;
  /** `code`: a new user. `key`: a minted key pair that is rotated. `again`: new keys for an address that was enrolled before. */
  readonly kind: 'code' | 'key' | 'again';
  /** Names the invite (hex of its id) or the minted key's address: the same command again goes on where it stopped. */
  readonly of: string;
  readonly facility: string;
  readonly origin: string;
  readonly policy: string;
  /** `vs1…` */
  readonly owner: string;
  /** `vs1…`, of this gateway. */
  readonly address: string;
  /** Of the facility's TLS certificate, where there is one. */
  readonly pin: string | null;
  readonly keys: OwnKeys | null;
  /** The own entry to be registered, signed. */
  readonly entry: Uint8Array | null;
  readonly voucher: { readonly registrar: Uint8Array; readonly signature: Uint8Array } | null;
  readonly own: readonly OwnRow[];
  /** Rotations that lead from the first key to the present one. */
  readonly chain: readonly Uint8Array[];
  readonly done: boolean;
}

const VERSION = 1;

/** Bytes become `{"hex":…}`. */
export function formatEnrolment(enrolment: Enrolment): string {
  const text = JSON.stringify(
    enrolment,
    (_key, value: unknown) => (value instanceof Uint8Array ? { hex: toHex(value) } : value),
    1,
  );
  return `${text}\n`;
}

/** Written by formatEnrolment for this user only, so only its version and completeness are looked at. Throws `store_newer`, `store_damaged`. */
export function parseEnrolment(text: string): Enrolment {
  try {
    const file = JSON.parse(text, (_key, value: unknown) => {
      const hex = (value as { hex?: unknown } | null)?.hex;
      return typeof hex === 'string' ? fromHex(hex) : value;
    }) as Enrolment;
    if (typeof file.version === 'number' && file.version > VERSION) throw new VitalsealError('store_newer');
    const whole =
      file.version === VERSION &&
      [file.facility, file.origin, file.policy, file.owner, file.address].every((field) => typeof field === 'string');
    if (!whole || !Array.isArray(file.own) || !Array.isArray(file.chain)) throw new VitalsealError('store_damaged');
    return file;
  } catch (error) {
    if (isVitalsealError(error, 'store_newer')) throw error;
    throw new VitalsealError('store_damaged', 'the file of the enrolment is damaged');
  }
}
