// Deterministic CBOR (RFC 8949 section 4.2.1), the encoding of everything that is signed or hashed. cborg does the work;
// its strict options still take unsorted keys, floats and broken UTF-8, so two gates stand around it: a scan that bounds
// the work before any is done, and a re-encoding that must give back the very same bytes.

import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { equalBytes } from './bytes.ts';

/** Integers are numbers when they are safe, else bigints. Maps have integer or text keys. There are no floats and no tags. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number, CborValue>
  | ReadonlyMap<string, CborValue>
  | ReadonlyMap<number | string, CborValue>;

/** Nesting deeper than this is refused; nothing of ours comes near. */
const MAX_DEPTH = 16;
const DEFAULT_MAX_BYTES = 1 << 20;

function refuse(why: string): never {
  throw new VitalsealError('cbor_invalid', `not deterministic CBOR: ${why}`);
}

const ASCII = /^[\0-\x7f]*$/;

/** The form in which a text is encoded: NFC, whole surrogate pairs only, no byte order mark in front. */
export function canonicalText(text: string): string {
  return ASCII.test(text)
    ? text
    : text
        .toWellFormed()
        .normalize('NFC')
        .replace(/^\uFEFF+/, '');
}

const ENCODE_OPTIONS = {
  ...rfc8949EncodeOptions,
  typeEncoders: {
    number: (n: number) => (Number.isSafeInteger(n) ? null : refuse('a float or an unsafe integer')),
    undefined: () => refuse('undefined'),
    Object: () => refuse('a plain object; use a Map'),
  },
};

// cborg's encoder is given texts as they are to be written, so they are made canonical on a copy that is only made when needed.
function canonical(value: CborValue): CborValue {
  if (typeof value === 'string') return canonicalText(value);
  if (Array.isArray(value)) {
    let copy: CborValue[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item = canonical(value[i]);
      if (item === value[i]) continue;
      copy ??= value.slice();
      copy[i] = item;
    }
    return copy ?? value;
  }
  if (value instanceof Map) {
    let changed = false;
    const copy = new Map<number | string, CborValue>();
    for (const [key, item] of value) {
      const k = typeof key === 'string' ? canonicalText(key) : key;
      const v = canonical(item);
      if (k !== key || v !== item) changed = true;
      copy.set(k, v);
    }
    return changed ? copy : value;
  }
  return value;
}

/**
 * The one encoding of a value. Texts are written in canonical form (see canonicalText). Throws `cbor_invalid` for
 * floats, unsafe numbers, undefined, plain objects, and integers beyond 64 bits.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  try {
    return encode(canonical(value), ENCODE_OPTIONS);
  } catch (error) {
    if (isVitalsealError(error)) throw error;
    return refuse(error instanceof Error ? error.message : 'cannot be encoded');
  }
}

/**
 * Walks over untrusted bytes without building anything: one item, definite lengths that fit, no floats, no tags,
 * integer or text keys, bounded depth. So cborg never sees a length that it would have to believe.
 */
function scan(bytes: Uint8Array, maxItems: number): void {
  // Items still to come at each open level; maps count keys and values, and `keyed` tells where keys stand.
  const left = [1];
  const keyed = [false];
  let at = 0;
  let count = 0;
  while (left.length > 0) {
    const level = left.length - 1;
    const remaining = left[level] as number;
    if (remaining === 0) {
      left.pop();
      keyed.pop();
      continue;
    }
    const isKey = keyed[level] === true && remaining % 2 === 0;
    left[level] = remaining - 1;
    if (++count > maxItems) refuse(`more than ${maxItems} items`);
    const head = bytes[at++];
    if (head === undefined) refuse('cut short');
    const major = head >>> 5;
    const info = head & 31;
    if (major === 7) {
      if (info < 20 || info > 22) refuse('a float, undefined or another simple value');
      if (isKey) refuse('a key that is neither integer nor text');
      continue;
    }
    let argument = info;
    if (info >= 24) {
      if (info > 27) refuse('an indefinite or reserved length');
      const width = 1 << (info - 24);
      if (at + width > bytes.length) refuse('cut short');
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + (bytes[at++] as number);
    }
    if (major <= 1) continue;
    if (major === 6) refuse('a tag');
    if (isKey && major !== 3) refuse('a key that is neither integer nor text');
    if (major === 2 || major === 3) {
      if (argument > bytes.length - at) refuse('cut short');
      at += argument;
      continue;
    }
    const items = major === 5 ? argument * 2 : argument;
    if (items > bytes.length - at) refuse('cut short');
    if (left.length > MAX_DEPTH) refuse('nested too deeply');
    left.push(items);
    keyed.push(major === 5);
  }
  if (at !== bytes.length) refuse('trailing bytes');
}

const DECODE_OPTIONS = {
  useMaps: true,
  strict: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
};

/** An item is a key or value of a map, or any array, map, text …; one that is empty is one byte, and far more in memory. */
export interface DecodeLimits {
  /** Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default: as many as there are bytes. */
  readonly maxItems?: number;
}

/**
 * The value of untrusted bytes, which must be its one encoding. Byte strings are copies.
 * Throws `cbor_invalid`, also beyond the limits, before anything is made of the bytes.
 */
export function decodeCbor(
  bytes: Uint8Array,
  { maxBytes = DEFAULT_MAX_BYTES, maxItems = maxBytes }: DecodeLimits = {},
): CborValue {
  if (bytes.length > maxBytes) return refuse(`more than ${maxBytes} bytes`);
  scan(bytes, maxItems);
  let value: CborValue;
  try {
    value = decode(bytes, DECODE_OPTIONS) as CborValue;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'cannot be decoded');
  }
  if (!equalBytes(encodeCbor(value), bytes)) refuse('not the shortest, sorted or normalised form');
  return value;
}
