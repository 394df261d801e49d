// What makes a stored record the same record when a device sends it again: device, characteristic, sequence, the time
// that it counts from, and its bytes. Keyed, since a glucose value is easily guessed from a plain hash.
import { concat, hmacSha256, toHex, utf8 } from '@vitalseal/ledger';
import type { RecordId } from '../../profiles/decoded.ts';
import { HASH_BYTES } from './cursor.ts';

/** For the origin of a delivery: `series` is its client, `sequence` its packet id, `hash` its payload hash. */
export interface RecordKey {
  /** The characteristic (`2A18`); with more of the hash (`2A5E/0c1d2e`) where the device does not number its records. */
  readonly series: string;
  /** 0..65535. */
  readonly sequence: number;
  /** 8 bytes. */
  readonly hash: Uint8Array;
}

/**
 * `session` is what the sequence counts in where the record does not say (CGM: the session start). A record that its
 * device does not number (`record` null) is known by its bytes alone, its time among them: the specification has one in
 * every record that a pulse oximeter stores.
 */
export function recordKey(
  key: Uint8Array,
  device: string,
  uuid: string,
  record: RecordId | null,
  session: string | null,
  bytes: Uint8Array,
): RecordKey {
  const sequence = record === null ? -1 : record.sequence;
  const names = utf8(`${device}\0${uuid}\0${sequence}\0${record?.baseTime ?? session ?? ''}\0`);
  const digest = hmacSha256(key, concat(names, bytes));
  const hash = digest.slice(0, HASH_BYTES);
  if (sequence >= 0 && sequence <= 0xffff) return { series: uuid, sequence, hash };
  const more = toHex(digest.subarray(HASH_BYTES + 2, HASH_BYTES + 5));
  return {
    series: `${uuid}/${more}`,
    sequence: ((digest[HASH_BYTES] ?? 0) << 8) | (digest[HASH_BYTES + 1] ?? 0),
    hash,
  };
}
