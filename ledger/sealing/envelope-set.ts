// Envelopes as bytes: a whole set as the gateway stores it at a facility, and one as its reader gets it back.
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { VitalsealError } from '../errors.ts';
import type { Hash } from '../tree/hash.ts';
import {
  ENVELOPE_MAX_BYTES,
  ENVELOPE_SALT_BYTES,
  type Envelope,
  type EnvelopeSet,
  isEnvelopeCount,
  MAX_ENVELOPES,
  verifyEnvelope,
} from './envelope.ts';

const ONE_MAX_BYTES = ENVELOPE_MAX_BYTES + 512;
/** A set of 1,024 hybrid envelopes. */
const SET_MAX_BYTES = 4 << 20;

const fieldsOf = ({ reader, salt, index, path, file }: Envelope): CborValue => [reader, salt, index, path, file];

/** [reader, salt, index, [path…], file]. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeCbor(fieldsOf(envelope));
}

/** Structure only: openEnvelope checks it against the ledger. Throws `envelope_invalid`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  return readEnvelope(decode(bytes, ONE_MAX_BYTES));
}

/** {1: root, 2: count, 3: [envelope…]}. */
export function encodeEnvelopeSet({ root, count, envelopes }: EnvelopeSet): Uint8Array {
  return encodeCbor(
    new Map<number, CborValue>([
      [1, root],
      [2, count],
      [3, envelopes.map(fieldsOf)],
    ]),
  );
}

/** A set whose every envelope is at its place under the root, each at another place. Throws `envelope_invalid`. */
export function decodeEnvelopeSet(bytes: Uint8Array): EnvelopeSet {
  const map = decode(bytes, SET_MAX_BYTES);
  if (!(map instanceof Map) || map.size !== 3) return refuse('not a set of envelopes');
  const root = bytesOf(map.get(1), 32);
  const count = map.get(2);
  const rows = map.get(3);
  if (typeof count !== 'number' || !isEnvelopeCount(count)) return refuse('not a number of leaves');
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > MAX_ENVELOPES) return refuse('not a set of envelopes');
  const envelopes = (rows as readonly CborValue[]).map(readEnvelope);
  for (const envelope of envelopes) verifyEnvelope(envelope, root, count);
  if (new Set(envelopes.map(({ index }) => index)).size !== envelopes.length)
    return refuse('two envelopes at one place');
  return { root, count, envelopes };
}

function refuse(why: string): never {
  throw new VitalsealError('envelope_invalid', why);
}

function decode(bytes: Uint8Array, maxBytes: number): CborValue {
  try {
    return decodeCbor(bytes, { maxBytes });
  } catch {
    return refuse('not CBOR within bounds');
  }
}

function bytesOf(value: CborValue | undefined, length: number): Uint8Array {
  return value instanceof Uint8Array && value.length === length ? value : refuse(`not ${length} bytes`);
}

function readEnvelope(value: CborValue): Envelope {
  if (!Array.isArray(value) || value.length !== 5) return refuse('not an envelope');
  const [reader, salt, index, path, file] = value as readonly CborValue[];
  if (typeof index !== 'number' || index < 0 || index >= MAX_ENVELOPES) return refuse('not a place in a set');
  if (!Array.isArray(path) || path.length > Math.log2(MAX_ENVELOPES)) return refuse('not a path');
  if (!(file instanceof Uint8Array) || file.length > ENVELOPE_MAX_BYTES) return refuse('not a file');
  return {
    reader: bytesOf(reader, 20),
    salt: bytesOf(salt, ENVELOPE_SALT_BYTES),
    index,
    path: (path as readonly CborValue[]).map((hash): Hash => bytesOf(hash, 32)),
    file,
  };
}
