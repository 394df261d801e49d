// Fields of the fixed schemas: each knows how to put its value into CBOR and how to take it from untrusted CBOR. A schema
// is a list of named fields whose keys are 1, 2, 3 …; a map with any other keys is refused.

import { bech32 } from '@scure/base';
import { VitalsealError } from '../errors.ts';
import { type CborValue, canonicalText } from './cbor.ts';

export interface Field<T> {
  put(value: T): CborValue;
  /** Throws `fields_invalid`; `name` is for the message. */
  take(value: CborValue | undefined, name: string): T;
}

export function invalid(name: string, expected: string): never {
  throw new VitalsealError('fields_invalid', `${name}: expected ${expected}`);
}

/** A field whose value is written as it is, if `ok`. Checked in both directions: nothing is signed that nobody would take. */
function plain<T extends CborValue>(expected: string, ok: (value: CborValue | undefined) => boolean): Field<T> {
  const check = (value: CborValue | undefined, name: string): T => (ok(value) ? (value as T) : invalid(name, expected));
  return { put: (value) => check(value, 'value'), take: check };
}

export const bytes = (length: number): Field<Uint8Array> =>
  plain(`${length} bytes`, (v) => v instanceof Uint8Array && v.length === length);

export const uint = (min = 0, max: number = Number.MAX_SAFE_INTEGER): Field<number> =>
  plain(
    `an integer from ${min} to ${max}`,
    (v) => Number.isSafeInteger(v) && (v as number) >= min && (v as number) <= max,
  );

export const flag: Field<boolean> = plain('true or false', (v) => typeof v === 'boolean');

/** Text that `pattern` matches whole and that is in canonical form (NFC). */
export const text = (expected: string, pattern: RegExp): Field<string> =>
  plain(expected, (v) => typeof v === 'string' && pattern.test(v) && canonicalText(v) === v);

/** A context string: this text and no other. */
export const literal = <const T extends string>(value: T): Field<T> => plain(value, (v) => v === value);

/** One of a closed list, as its place in it, counted from `first`. */
export function choice<const T extends string>(list: readonly T[], first: number): Field<T> {
  const expected = `one of ${list.join(', ')} (from ${first})`;
  return {
    put: (value) => {
      const at = list.indexOf(value);
      return at < 0 ? invalid('value', expected) : at + first;
    },
    take: (value, name) => (typeof value === 'number' ? list[value - first] : undefined) ?? invalid(name, expected),
  };
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    put: (value) => (value === null ? null : field.put(value)),
    take: (value, name) => (value === null ? null : field.take(value, name)),
  };
}

/** A field whose CBOR is a map. */
export interface RecordField<T> {
  put(value: T): Map<number, CborValue>;
  take(value: CborValue | undefined, name: string): T;
}

type Shape<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Fields as a CBOR array, in the order in which they are written here. */
export function tuple<T extends object>(shape: Shape<T>): Field<T> {
  const fields = Object.entries(shape) as [string, Field<unknown>][];
  return {
    put: (value) => fields.map(([key, field]) => field.put(value[key as keyof T])),
    take: (value, name) => {
      if (!Array.isArray(value) || value.length !== fields.length) return invalid(name, `${fields.length} items`);
      const result: Record<string, unknown> = {};
      fields.forEach(([key, field], i) => {
        result[key] = field.take(value[i], `${name}.${key}`);
      });
      return result as T;
    },
  };
}

/** Fields as a CBOR map with keys 1, 2, 3 … in the order in which they are written here. */
export function record<T extends object>(shape: Shape<T>): RecordField<T> {
  const fields = Object.entries(shape) as [string, Field<unknown>][];
  return {
    put: (value) => new Map(fields.map(([key, field], i) => [i + 1, field.put(value[key as keyof T])])),
    take: (value, name) => {
      // All keys known and as many as there are: then each is there exactly once.
      if (!(value instanceof Map) || value.size !== fields.length) return invalid(name, `keys 1 to ${fields.length}`);
      const result: Record<string, unknown> = {};
      fields.forEach(([key, field], i) => {
        if (!value.has(i + 1)) invalid(name, `keys 1 to ${fields.length}`);
        result[key] = field.take(value.get(i + 1), `${name}.${key}`);
      });
      return result as T;
    },
  };
}

export const address: Field<Uint8Array> = bytes(20);
export const hash: Field<Uint8Array> = bytes(32);
export const publicKey: Field<Uint8Array> = bytes(32);
export const signature: Field<Uint8Array> = bytes(64);

const ORIGIN = /^[!-*,-~]{1,200}$/;
/** The origin: one word of visible characters, so that it can stand in a checkpoint (C2SP tlog-checkpoint) and a policy. */
export const origin: Field<string> = text('an origin', ORIGIN);

/** True for what can be an origin. */
export const isOrigin = (value: string): boolean => ORIGIN.test(value);

/** Seconds on the grid of `step`. */
export const onGrid = (step: number): Field<number> =>
  plain(
    `seconds on a grid of ${step}`,
    (v) => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) % step === 0,
  );

function isHybridRecipient(value: CborValue | undefined): boolean {
  if (typeof value !== 'string' || value.length !== 1959 || !value.startsWith('age1pq1')) return false;
  try {
    return bech32.fromWords(bech32.decode(value as `${string}1${string}`, false).words).length === 1216;
  } catch {
    return false;
  }
}

/** An age recipient of the post-quantum hybrid kind: bech32 over 1,216 bytes (ML-KEM-768 and X25519), lower case. */
export const recipient: Field<string> = plain('an age1pq1 recipient', (v) => isHybridRecipient(v));

/** Bytes of a length within bounds. */
export const bytesUpTo = (max: number, min = 0): Field<Uint8Array> =>
  plain(`${min} to ${max} bytes`, (v) => v instanceof Uint8Array && v.length >= min && v.length <= max);

/** An array of at most `max` items. */
export function list<T>(item: Field<T>, max: number): Field<readonly T[]> {
  return {
    put: (value) => (value.length <= max ? value.map((v) => item.put(v)) : invalid('value', `at most ${max} items`)),
    take: (value, name) => {
      if (!Array.isArray(value) || value.length > max) return invalid(name, `at most ${max} items`);
      return value.map((v, i) => item.take(v, `${name}[${i}]`));
    },
  };
}
