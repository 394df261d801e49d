// How far the stored records of a device are safe: for each service the last record that is committed with all before
// it. Kept as a small blob by whoever loads and saves it; what cannot be read is no cursor, and all records are fetched.
import { type CborValue, decodeCbor, encodeCbor, isVitalsealError } from '@vitalseal/ledger';

/** One record's place, and how to recognise it: the first 8 bytes of its keyed hash (recordHash). */
export interface RecordPlace {
  /** 0..65535; a record number of 32 bits in the Generic Health Sensor service. */
  readonly sequence: number;
  readonly hash: Uint8Array;
}

export interface Cursor extends RecordPlace {
  /** What the sequence counts in, where that changes (CGM: the session start as sent); null else. */
  readonly session: string | null;
  /** The device sent records out of order once: nothing short of the end of a dump says how far it is. */
  readonly unordered: boolean;
  /** From the midst of a dump of all records: older ones may still be missing, and one day all are asked for again. */
  readonly partial: boolean;
}

/** By service UUID, shortened. */
export type CursorBook = ReadonlyMap<string, Cursor>;

export const NO_CURSORS: CursorBook = new Map();
/** The most that is read. */
const MAX_BYTES = 4096;
const VERSION = 1;
export const HASH_BYTES = 8;
const MAX_SEQUENCE = 0xffff_ffff;

/** CBOR [1, {service: [sequence, hash, session, unordered, partial]}]. */
export function encodeCursors(book: CursorBook): Uint8Array {
  const entries = [...book].map(([service, { sequence, hash, session, unordered, partial }]): [string, CborValue] => [
    service,
    [sequence, hash, session, unordered, partial],
  ]);
  return encodeCbor([VERSION, new Map(entries)]);
}

/** Null when damaged, or of another version. */
export function decodeCursors(bytes: Uint8Array): CursorBook | null {
  let decoded: CborValue;
  try {
    decoded = decodeCbor(bytes, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (isVitalsealError(error)) return null;
    throw error;
  }
  if (!Array.isArray(decoded) || decoded[0] !== VERSION || !(decoded[1] instanceof Map)) return null;
  const book = new Map<string, Cursor>();
  for (const [service, entry] of decoded[1] as ReadonlyMap<unknown, CborValue>) {
    const cursor = cursorOf(entry);
    if (typeof service !== 'string' || cursor === null) return null;
    book.set(service, cursor);
  }
  return book;
}

function cursorOf(entry: CborValue): Cursor | null {
  if (!Array.isArray(entry)) return null;
  if (entry.length !== 5) return null;
  const [sequence, hash, session, unordered, partial] = entry as readonly CborValue[];
  if (typeof sequence !== 'number' || sequence < 0 || sequence > MAX_SEQUENCE) return null;
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) return null;
  if (session !== null && typeof session !== 'string') return null;
  if (typeof unordered !== 'boolean' || typeof partial !== 'boolean') return null;
  return { sequence, hash, session, unordered, partial };
}

export function isSame(place: RecordPlace, other: RecordPlace | null): boolean {
  return other !== null && place.sequence === other.sequence && place.hash.every((byte, i) => byte === other.hash[i]);
}
