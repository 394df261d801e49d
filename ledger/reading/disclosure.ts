// Showing one reading of a record and nothing else of it: the reading, its salt and its path to the root that stands in
// the ledger, always with leaf 0, which says whose record it is and how many readings it holds.
import { concat, equalBytes } from '../encoding/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { type Hash, hashLeaf } from '../tree/hash.ts';
import { inclusionProof, verifyInclusion } from '../tree/inclusion.ts';
import { BATCH_MAX_READINGS } from './batch.ts';
import {
  type CommitmentHeader,
  commitReadings,
  encodeCommitmentHeader,
  LEAF_SALT_BYTES,
  leafSalt,
} from './commitment.ts';
import { decodeReading, encodeReading } from './leaf.ts';
import type { Reading } from './reading.ts';
import { orderReadings } from './series.ts';

const CONTEXT = 'vitalseal/disclosure/v1';
const MAX_BYTES = 450_000;
const MAX_PATH = 17;

export interface Disclosed {
  readonly header: CommitmentHeader;
  /** Place of the reading in the batch, from 0. */
  readonly place: number;
  readonly reading: Reading;
}

/**
 * CBOR that proves reading `place` (from 0, in the batch's order) of a record. Throws `disclosure_invalid` when there
 * is no such reading, and as commitReadings does.
 */
export function discloseReading(
  header: CommitmentHeader,
  salt: Uint8Array,
  readings: readonly Reading[],
  place: number,
): Uint8Array {
  const reading = orderReadings(readings)[place];
  if (reading === undefined) throw new VitalsealError('disclosure_invalid', 'the record has no such reading');
  const { leaves } = commitReadings(header, salt, readings);
  const shown = (index: number, bytes: Uint8Array): CborValue => [
    leafSalt(salt, index),
    bytes,
    inclusionProof(leaves, index, leaves.length),
  ];
  return encodeCbor([
    CONTEXT,
    shown(0, encodeCommitmentHeader(header)),
    place + 1,
    shown(place + 1, encodeReading(reading)),
  ]);
}

/**
 * What a disclosure shows, when it leads to `root`, the plaintext commitment of an entry. The caller compares the
 * header with that entry (see headerMatches). Throws `disclosure_invalid`.
 */
export function verifyDisclosure(bytes: Uint8Array, root: Hash): Disclosed {
  const parts = decode(bytes);
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== CONTEXT) return refuse('not a disclosure');
  const first = readShown(parts[1]);
  const index = parts[2];
  const shown = readShown(parts[3]);
  const header = readHeader(first.bytes);
  const size = header.count + 1;
  if (typeof index !== 'number' || index < 1) return refuse('not the place of a reading');
  if (!verifyInclusion(hashLeaf(concat(first.salt, first.bytes)), 0, size, root, first.path)) {
    return refuse('the header does not lead to the root');
  }
  if (!verifyInclusion(hashLeaf(concat(shown.salt, shown.bytes)), index, size, root, shown.path)) {
    return refuse('the reading does not lead to the root');
  }
  try {
    return { header, place: index - 1, reading: decodeReading(shown.bytes) };
  } catch {
    return refuse('not a reading');
  }
}

/** True when both say the same of every part that `expected` has: an entry knows no counters. */
export function headerMatches(header: CommitmentHeader, expected: Partial<CommitmentHeader>): boolean {
  return (Object.keys(expected) as (keyof CommitmentHeader)[]).every((key) => {
    const a = header[key];
    const b = expected[key];
    return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b;
  });
}

function refuse(why: string): never {
  throw new VitalsealError('disclosure_invalid', why);
}

function decode(bytes: Uint8Array): CborValue {
  try {
    return decodeCbor(bytes, { maxBytes: MAX_BYTES });
  } catch (error) {
    return refuse(isVitalsealError(error) ? error.message : 'not CBOR');
  }
}

function readShown(value: CborValue | undefined): { salt: Uint8Array; bytes: Uint8Array; path: Hash[] } {
  if (!Array.isArray(value) || value.length !== 3) return refuse('not a leaf with its path');
  const [salt, bytes, path] = value as readonly CborValue[];
  if (!(salt instanceof Uint8Array) || salt.length !== LEAF_SALT_BYTES) return refuse('not a salt');
  if (!(bytes instanceof Uint8Array) || !Array.isArray(path) || path.length > MAX_PATH) return refuse('not a path');
  const hashes: Hash[] = path.map((hash) => (hash instanceof Uint8Array ? hash : refuse('not a hash')));
  return { salt, bytes, path: hashes };
}

function readHeader(bytes: Uint8Array): CommitmentHeader {
  const map = decode(bytes);
  if (!(map instanceof Map) || map.size !== 11) return refuse('not a header');
  const of = (key: number, length: number): Uint8Array => {
    const value = map.get(key);
    return value instanceof Uint8Array && value.length === length ? value : refuse('not a header');
  };
  const integer = (key: number, least: number, most = Number.MAX_SAFE_INTEGER): number => {
    const value = map.get(key);
    return typeof value === 'number' && value >= least && value <= most ? value : refuse('not a header');
  };
  const origin = map.get(2);
  if (typeof origin !== 'string') return refuse('not a header');
  const header: CommitmentHeader = {
    origin,
    owner: of(3, 20),
    signer: of(4, 20),
    recordId: of(5, 16),
    version: integer(6, 1),
    epoch: of(7, 32),
    index: integer(8, 0),
    count: integer(9, 1, BATCH_MAX_READINGS),
    firstCounter: integer(10, 0),
    lastCounter: integer(11, 0),
  };
  if (!equalBytes(encodeCommitmentHeader(header), bytes)) return refuse('not a header');
  return header;
}
