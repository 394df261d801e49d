// CBOR bodies of the facility's HTTP API, each written and read by the same schema on both sides. What is read is
// untrusted and bounded; nothing here verifies a signature or a proof.

import type { Hash } from '../crypto.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import {
  address,
  bytes,
  bytesUpTo,
  type Field,
  flag,
  hash,
  list,
  nullable,
  record,
  signature,
  text,
  tuple,
  uint,
} from '../encoding/fields.ts';
import { BODIES } from '../entries/bodies.ts';
import { type KeyRotate, MAX_ENTRY_BYTES } from '../entries/entry.ts';
import { registerBodyWithoutVoucher, type UnvouchedRegister } from '../entries/proofs.ts';
import { type ErrorCode, isVitalsealError, VitalsealError } from '../errors.ts';
import type { Address } from '../identity/address.ts';

/** Most entries, and bytes, in one POST /v1/entries. */
export const MAX_SUBMISSION = { entries: 64, bytes: 1 << 20 } as const;
/** Most rows in one answer. */
export const MAX_ROWS = { leaves: 1024, entries: 256 } as const;
/** As many leaves, or entries, as an answer may have, with their indexes. */
const LIMITS = { maxBytes: 1 << 24, maxItems: 4096 } as const;

export interface IndexedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}
export interface IndexedLeaf {
  readonly index: number;
  readonly leaf: Hash;
}
/** A signer as the ledger has it. All null, and seq 0, before its first entry. */
export interface SignerSummary {
  /** The next seq. */
  readonly seq: number;
  /** Root over the signer's leaf hashes so far: the `history` of the next entry. */
  readonly history: Hash;
  readonly newestIndex: number | null;
  readonly newestEntry: Uint8Array | null;
}
/** From a final checkpoint: it is consistent with size `from`, and includes `index`. */
export interface ProveAnswer {
  readonly checkpoint: string;
  readonly consistency: readonly Hash[];
  readonly inclusion: readonly Hash[];
}
export interface VouchRequest {
  readonly inviteId: Uint8Array;
  readonly mac: Hash;
  readonly body: UnvouchedRegister;
}
export interface VouchAnswer {
  readonly registrar: Address;
  readonly signature: Uint8Array;
}
/** Signed by the gateway. `end` ends the delegation. */
export interface DelegationRequest {
  readonly owner: Address;
  readonly end: boolean;
}
export interface RotationRequest {
  readonly inviteId: Uint8Array;
  readonly mac: Hash;
  readonly body: KeyRotate;
}

/** A message's bytes, and its value from untrusted bytes. */
export interface Message<T> {
  encode(value: T): Uint8Array;
  /** Throws `code`: `request_invalid` at the facility, `answer_invalid` at its client. */
  decode(bytes: Uint8Array): T;
}

function message<T>(code: ErrorCode, field: Field<T>): Message<T> {
  return {
    encode: (value) => encodeCbor(field.put(value)),
    decode: (bytes) => {
      try {
        return field.take(decodeCbor(bytes, LIMITS), 'message');
      } catch (error) {
        if (isVitalsealError(error)) throw new VitalsealError(code, error.message);
        throw error;
      }
    },
  };
}

const request = <T>(field: Field<T>): Message<T> => message('request_invalid', field);
const answer = <T>(field: Field<T>): Message<T> => message('answer_invalid', field);

const entryBytes = bytesUpTo(MAX_ENTRY_BYTES, 1);
const indexedEntry = tuple<IndexedEntry>({ index: uint(), entry: entryBytes });
const note = text('a checkpoint', /^[^\0]{1,65536}$/s);

// user.register without voucher, on the wire exactly as the voucher covers it: the body with keys 1 to 7.
const unvouched: Field<UnvouchedRegister> = {
  put: (body) => registerBodyWithoutVoucher(body),
  take: (value: CborValue | undefined, name) => {
    const whole = new Map<number, CborValue>(value instanceof Map ? (value as ReadonlyMap<number, CborValue>) : []);
    if (whole.size === 7) whole.set(8, [new Uint8Array(20), new Uint8Array(64)]);
    else whole.clear();
    const { voucher, ...body } = BODIES['user.register'].take(whole, name);
    return body;
  },
};

const inviteId = bytes(8);

export const MESSAGES = {
  /** POST /v1/entries */
  submission: request(list(entryBytes, MAX_SUBMISSION.entries)),
  /** Its answer: receipts and refusals, in the order of the entries. */
  answers: answer(list(bytesUpTo(4096, 1), MAX_SUBMISSION.entries)),
  /** GET /v1/users/ADDRESS, GET /v1/owners/ADDRESS/records */
  entries: answer(list(indexedEntry, MAX_ROWS.entries)),
  /** GET /v1/signers/ADDRESS */
  signer: answer(
    record<SignerSummary>({
      seq: uint(),
      history: hash,
      newestIndex: nullable(uint()),
      newestEntry: nullable(entryBytes),
    }),
  ),
  /** GET /v1/signers/ADDRESS/leaves */
  leaves: answer(list(tuple<IndexedLeaf>({ index: uint(), leaf: hash }), MAX_ROWS.leaves)),
  /** GET /v1/prove */
  prove: answer(record<ProveAnswer>({ checkpoint: note, consistency: list(hash, 64), inclusion: list(hash, 64) })),
  /** POST /v1/vouch */
  vouch: request(record<VouchRequest>({ inviteId, mac: hash, body: unvouched })),
  vouched: answer(record<VouchAnswer>({ registrar: address, signature })),
  /** POST /v1/delegations; its answer is one receipt or refusal. */
  delegation: request(record<DelegationRequest>({ owner: address, end: flag })),
  /** POST /v1/rotations; its answer is one receipt or refusal. */
  rotation: request(record<RotationRequest>({ inviteId, mac: hash, body: BODIES['key.rotate'] })),
} as const;
