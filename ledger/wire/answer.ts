// What a facility answers to each entry: a receipt (committed, and at which index) or a refusal (with its code), signed by
// the facility's user key, so that either can be shown to others later.

import type { Hash } from '../crypto.ts';
import { decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { signCose, verifyCose } from '../encoding/cose.ts';
import { flag, hash, literal, origin, record, text, uint } from '../encoding/fields.ts';
import { type ErrorCode, isErrorCode, isVitalsealError, VitalsealError } from '../errors.ts';
import type { SigningKey } from '../identity/ed25519.ts';

/** The entry with this leaf hash is committed at `index`. `time` is unix seconds. */
export interface Receipt {
  readonly origin: string;
  readonly leaf: Hash;
  readonly index: number;
  readonly time: number;
}

/** The entry with this leaf hash is not in the ledger. `retry`: the same bytes may be accepted later. */
export interface Refusal {
  readonly origin: string;
  readonly leaf: Hash;
  /** `refused` when this version does not know the code. */
  readonly code: ErrorCode;
  readonly retry: boolean;
  readonly time: number;
}

/** `kid` is the key that signed: the caller compares it with the facility's. `bytes` are the evidence. */
export type Answer = (({ readonly kind: 'receipt' } & Receipt) | ({ readonly kind: 'refusal' } & Refusal)) & {
  readonly kid: Uint8Array;
  readonly bytes: Uint8Array;
};

const RECEIPT = 'vitalseal/receipt/v1';
const REFUSAL = 'vitalseal/refusal/v1';

const receipt = record<Receipt & { readonly context: typeof RECEIPT }>({
  context: literal(RECEIPT),
  origin,
  leaf: hash,
  index: uint(),
  time: uint(),
});

const refusal = record<Omit<Refusal, 'code'> & { readonly context: typeof REFUSAL; readonly code: string }>({
  context: literal(REFUSAL),
  origin,
  leaf: hash,
  code: text('an error code', /^[a-z][a-z0-9_]{0,63}$/),
  retry: flag,
  time: uint(),
});

export function signReceipt(body: Receipt, facility: SigningKey): Uint8Array {
  return signCose(encodeCbor(receipt.put({ context: RECEIPT, ...body })), facility.secretKey, facility.publicKey);
}

export function signRefusal(body: Refusal, facility: SigningKey): Uint8Array {
  return signCose(encodeCbor(refusal.put({ context: REFUSAL, ...body })), facility.secretKey, facility.publicKey);
}

/** A receipt or refusal whose signature by `kid` verifies. Throws `receipt_invalid`. */
export function openAnswer(bytes: Uint8Array): Answer {
  try {
    const { payload, kid } = verifyCose(bytes);
    const value = decodeCbor(payload, { maxBytes: 4096 });
    if (value instanceof Map && value.get(1) === REFUSAL) {
      const { context, code, ...rest } = refusal.take(value, 'refusal');
      return { kind: 'refusal', ...rest, code: isErrorCode(code) ? code : 'refused', kid, bytes };
    }
    const { context, ...rest } = receipt.take(value, 'receipt');
    return { kind: 'receipt', ...rest, kid, bytes };
  } catch (error) {
    if (isVitalsealError(error)) throw new VitalsealError('receipt_invalid', error.message);
    throw error;
  }
}
