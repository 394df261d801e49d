// The salted tree over the readings of a record: its root stands in the ledger, and any one reading can later be shown
// and proven alone. Every leaf is salted, because a day of glucose values without salt falls to brute force in a second.
import { randomBytes, sha256 } from '../crypto.ts';
import { type CborValue, encodeCbor } from '../encoding/cbor.ts';
import { VitalsealError } from '../errors.ts';
import type { Hash } from '../tree/hash.ts';
import { checkReading } from './bounds.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeReadingNames, writeReadingRest } from './leaf.ts';
import type { Reading } from './reading.ts';
import { orderReadings } from './series.ts';

const CONTEXT = 'vitalseal/commitment/v1';
export const LEAF_SALT_BYTES = 16;

/** What leaf 0 says of the record; the reader compares it with the entry and with what was decoded. */
export interface CommitmentHeader {
  readonly origin: string;
  /** 20 bytes. */
  readonly owner: Uint8Array;
  /** 20 bytes. */
  readonly signer: Uint8Array;
  /** 16 random bytes. */
  readonly recordId: Uint8Array;
  /** From 1. */
  readonly version: number;
  /** 32 bytes. */
  readonly epoch: Uint8Array;
  readonly index: number;
  /** Readings; the tree has one leaf more. */
  readonly count: number;
  readonly firstCounter: number;
  readonly lastCounter: number;
}

export interface Commitment {
  readonly root: Hash;
  /** The tree's leaf hashes: header first, then each reading. */
  readonly leaves: readonly Hash[];
}

/** 32 random bytes: a batch's salt, from which each leaf's is derived. Never reused, never outside the ciphertext. */
export function newBatchSalt(): Uint8Array {
  return randomBytes(32);
}

/** Salt of leaf i: SHA-256(batch salt ‖ u32be i)[0:16]. */
export function leafSalt(batchSalt: Uint8Array, index: number): Uint8Array {
  const input = new Uint8Array(batchSalt.length + 4);
  input.set(batchSalt);
  new DataView(input.buffer).setUint32(batchSalt.length, index);
  return sha256(input).subarray(0, LEAF_SALT_BYTES);
}

/** The bytes of leaf 0 without 0x00 and salt. */
export function encodeCommitmentHeader(header: CommitmentHeader): Uint8Array {
  const { origin, owner, signer, recordId, version, epoch, index, count, firstCounter, lastCounter } = header;
  const fields = [CONTEXT, origin, owner, signer, recordId, version, epoch, index, count, firstCounter, lastCounter];
  return encodeCbor(new Map<number, CborValue>(fields.map((field, i) => [i + 1, field])));
}

/**
 * The commitment to the readings of a batch, in any order that keeps each series' own: the leaves stand as in the batch.
 * Throws `batch_invalid` when the header counts other readings, `reading_invalid` when one is out of bounds.
 */
export function commitReadings(header: CommitmentHeader, salt: Uint8Array, readings: readonly Reading[]): Commitment {
  if (header.count !== readings.length || salt.length !== 32) {
    throw new VitalsealError('batch_invalid', 'the header does not count the readings of the batch');
  }
  const salts = new ByteWriter(64);
  salts.raw(salt);
  const out = new ByteWriter(1024);
  out.byte(0);
  const place = (index: number) => {
    salts.at = 32;
    salts.uint32(index);
    out.at = 1;
    out.raw(sha256(salts.bytes.subarray(0, 36)).subarray(0, LEAF_SALT_BYTES));
  };
  const hash = () => sha256(out.bytes.subarray(0, out.at));

  place(0);
  out.raw(encodeCommitmentHeader(header));
  const leaves: Hash[] = [hash()];
  let names: Reading | null = null;
  let afterNames = 0;
  orderReadings(readings).forEach((reading, i) => {
    checkReading(reading);
    place(i + 1);
    // Readings come series by series: the bytes of their names are still there from the last one.
    if (names !== null && sameNames(names, reading)) out.at = afterNames;
    else {
      writeReadingNames(out, reading);
      afterNames = out.at;
      names = reading;
    }
    writeReadingRest(out, reading);
    leaves.push(hash());
  });
  return { root: rootOf(leaves), leaves };
}

function sameNames(a: Reading, b: Reading): boolean {
  return a.code === b.code && a.device === b.device && a.unit === b.unit && a.mdc === b.mdc;
}

/** RFC 9162 §2.1.1 level by level: the same root as tree/'s, without a call and an allocation for each node's parts. */
function rootOf(leaves: readonly Hash[]): Hash {
  const node = new Uint8Array(65);
  node[0] = 1;
  let level = leaves;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      node.set(level[i] as Hash, 1);
      node.set(level[i + 1] as Hash, 33);
      above.push(sha256(node));
    }
    // A last node without a sibling is carried up as it is.
    if (level.length % 2 === 1) above.push(level.at(-1) as Hash);
    level = above;
  }
  return level[0] as Hash;
}
