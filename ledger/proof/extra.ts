// What travels with a proof beside the entry: the `extra` line of the tlog-proof and the `.own` file. Both are untrusted
// hints; existence.ts verifies every byte of them before it counts.
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { HASH_BYTES, type Hash } from '../tree/hash.ts';
import { MAX_PATH } from '../tree/inclusion.ts';

/**
 * `seenSignatures` are the signature lines of the checkpoint that the entry names in `seen`: its text follows from the
 * entry. `chain` are the entries from the signer's first key on.
 */
export interface ProofExtra {
  readonly seenSignatures: string | null;
  readonly chain: readonly Uint8Array[];
}

/** An older own entry (null when its bytes are not held), its seq, and its path in the newer entry's history. */
export interface OwnPart {
  readonly entry: Uint8Array | null;
  readonly seq: number;
  readonly path: readonly Hash[];
}

/** Longest chain of entries: a register and 63 rotations. */
const MAX_CHAIN = 64;
const MAX_EXTRA = 768 * 1024;
const MAX_OWN = 64 * 1024;
/** More than either of the two may hold. */
const MAX_ITEMS = 128;

const refuse = (what: string): never => {
  throw new VitalsealError('proof_invalid', `the proof's ${what} is malformed`);
};

/** CBOR {1: signature lines or null, 2: [entry…]}. */
export function encodeProofExtra({ seenSignatures, chain }: ProofExtra): Uint8Array {
  return encodeCbor(
    new Map<number, CborValue>([
      [1, seenSignatures],
      [2, chain],
    ]),
  );
}

/** Throws `proof_invalid`. */
export function decodeProofExtra(bytes: Uint8Array): ProofExtra {
  const map = decodeMap(bytes, MAX_EXTRA, 2, 'extra data');
  const [seenSignatures, chain] = [map.get(1), map.get(2)];
  if (seenSignatures !== null && typeof seenSignatures !== 'string') return refuse('extra data');
  if (!Array.isArray(chain) || chain.length > MAX_CHAIN || !chain.every(isBytes)) return refuse('extra data');
  return { seenSignatures, chain };
}

/** CBOR {1: entry or null, 2: seq, 3: [hash…]}. */
export function encodeOwnPart({ entry, seq, path }: OwnPart): Uint8Array {
  return encodeCbor(
    new Map<number, CborValue>([
      [1, entry],
      [2, seq],
      [3, path],
    ]),
  );
}

/** Throws `proof_invalid`. */
export function decodeOwnPart(bytes: Uint8Array): OwnPart {
  const map = decodeMap(bytes, MAX_OWN, 3, 'own part');
  const [entry, seq, path] = [map.get(1), map.get(2), map.get(3)];
  if (entry !== null && !isBytes(entry)) return refuse('own part');
  if (typeof seq !== 'number' || seq < 0) return refuse('own part');
  if (!Array.isArray(path) || path.length > MAX_PATH || !path.every(isHash)) return refuse('own part');
  return { entry, seq, path };
}

function decodeMap(bytes: Uint8Array, maxBytes: number, keys: number, what: string): ReadonlyMap<unknown, CborValue> {
  try {
    const value = decodeCbor(bytes, { maxBytes, maxItems: MAX_ITEMS });
    return value instanceof Map && value.size === keys ? value : refuse(what);
  } catch (error) {
    if (isVitalsealError(error)) return refuse(what);
    throw error;
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isHash(value: unknown): value is Hash {
  return isBytes(value) && value.length === HASH_BYTES;
}
