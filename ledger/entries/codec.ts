// Bytes of entries: a COSE_Sign1 over one map with integer keys. What is signed is encoded here and nowhere else, and what
// arrives is taken apart here, structure only: signatures of others inside the body and the state are the rules' business.

import { type Hash, sha256 } from '../crypto.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { openCose, signCose } from '../encoding/cose.ts';
import { address, type Field, hash, invalid, origin, tuple, uint } from '../encoding/fields.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import type { Address } from '../identity/address.ts';
import { type SigningKey, verifyEd25519 } from '../identity/ed25519.ts';
import { hashLeaf } from '../tree/hash.ts';
import { BODIES } from './bodies.ts';
import { ENTRY_CONTEXT, ENTRY_TYPE, type Entry, type EntryHead, type EntryType, MAX_ENTRY_BYTES } from './entry.ts';

const TYPE_OF = new Map(
  Object.entries(ENTRY_TYPE).map(([name, number]) => [number as number, name as keyof typeof ENTRY_TYPE]),
);
/** More items than an entry of any type has. */
const LIMITS = { maxBytes: MAX_ENTRY_BYTES, maxItems: 64 } as const;
const seen = tuple<EntryHead['seen']>({ size: uint(), root: hash });

/** An entry as it was received. `leaf` is its leaf hash; nothing is verified yet. */
export interface DecodedEntry {
  readonly entry: Entry;
  /** The key that the entry says it is signed by. */
  readonly kid: Uint8Array;
  readonly leaf: Hash;
  readonly bytes: Uint8Array;
}

// Whatever is wrong with the bytes of an entry, its code says that it is the entry.
function asEntry<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isVitalsealError(error) || error.code === 'entry_type_reserved') throw error;
    throw new VitalsealError('entry_invalid', error.message);
  }
}

/** The payload to sign. Throws `entry_invalid` when a field is out of its bounds. */
export function encodeEntryPayload(entry: Entry): Uint8Array {
  const body = BODIES[entry.type] as { put(body: Entry['body']): CborValue };
  return asEntry(() =>
    encodeCbor(
      new Map<number, CborValue>([
        [1, ENTRY_CONTEXT],
        [2, origin.put(entry.origin)],
        [3, ENTRY_TYPE[entry.type]],
        [4, address.put(entry.signer)],
        [5, uint().put(entry.seq)],
        [6, hash.put(entry.history)],
        [7, seen.put(entry.seen)],
        [8, body.put(entry.body)],
      ]),
    ),
  );
}

/** The entry's bytes, signed. Throws `entry_invalid` or `entry_too_large`. */
export function signEntry(entry: Entry, key: SigningKey): Uint8Array {
  const bytes = signCose(encodeEntryPayload(entry), key.secretKey, key.publicKey);
  if (bytes.length > MAX_ENTRY_BYTES) throw new VitalsealError('entry_too_large');
  return bytes;
}

function takeEntry(payload: CborValue): Entry {
  if (!(payload instanceof Map) || payload.size !== 8) return invalid('entry', 'keys 1 to 8');
  if (payload.get(1) !== ENTRY_CONTEXT) return invalid('context', ENTRY_CONTEXT);
  const type = TYPE_OF.get(payload.get(3) as number) ?? invalid('type', 'a known entry type');
  const body: Field<unknown> | undefined = BODIES[type as EntryType];
  if (body === undefined) throw new VitalsealError('entry_type_reserved', `entry type ${type} is reserved`);
  return {
    type,
    origin: origin.take(payload.get(2), 'origin'),
    signer: address.take(payload.get(4), 'signer'),
    seq: uint().take(payload.get(5), 'seq'),
    history: hash.take(payload.get(6), 'history'),
    seen: seen.take(payload.get(7), 'seen'),
    body: body.take(payload.get(8), type),
  } as Entry;
}

/**
 * The entry in untrusted bytes, by structure alone. Throws `entry_too_large`, `entry_invalid`, or `entry_type_reserved`.
 */
export function decodeEntry(bytes: Uint8Array): DecodedEntry {
  if (bytes.length > MAX_ENTRY_BYTES) throw new VitalsealError('entry_too_large');
  const { kid, payload } = asEntry(() => openCose(bytes));
  const entry = asEntry(() => takeEntry(decodeCbor(payload, LIMITS)));
  return { entry, kid: kid.slice(), leaf: leafHash(bytes), bytes };
}

/** decodeEntry, and the signature by `kid` verifies. Whose key that is, is the caller's question. Throws also `signature_invalid`. */
export function openEntry(bytes: Uint8Array): DecodedEntry {
  const decoded = decodeEntry(bytes);
  checkEntrySignature(decoded);
  return decoded;
}

/** Throws `signature_invalid` unless the entry is signed by its `kid`. */
export function checkEntrySignature({ bytes }: DecodedEntry): void {
  const { kid, signedBytes, signature } = openCose(bytes);
  if (!verifyEd25519(kid, signedBytes, signature)) throw new VitalsealError('signature_invalid');
}

/** The leaf of an entry: SHA-256(0x00 ‖ bytes) (RFC 9162 section 2.1.1). */
export function leafHash(bytes: Uint8Array): Hash {
  return hashLeaf(bytes);
}

/** Names a stream, what one gateway registers for one owner: 16 bytes. */
export function streamId(ledger: string, owner: Address, gateway: Address): Uint8Array {
  return sha256(encodeCbor(['vitalseal/stream/v1', ledger, owner, gateway])).slice(0, 16);
}
