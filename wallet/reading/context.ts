// What a device said beside the value, by name: plain data for JSON, and one line of text for a CSV field. A device may
// have sent any of it.
import { type CborValue, contextName, type ReadingContext, toHex } from '@vitalseal/ledger';

/** As it was said, but bytes are hex, and an integer that a number cannot hold is text. */
export type ContextFact =
  | null
  | boolean
  | number
  | string
  | readonly ContextFact[]
  | { readonly [key: string]: ContextFact };

/** By the names of FORMATS.md; by its number where a later version gave the name. */
export type NamedContext = { readonly [name: string]: ContextFact };

/** Null when nothing was said. */
export function namedContext(context: ReadingContext | null): NamedContext | null {
  if (context === null || context.size === 0) return null;
  return Object.fromEntries([...context].map(([key, value]) => [contextName(key) ?? `${key}`, factOf(value)]));
}

/** One line of JSON in which everything that a terminal would not show, or would obey, is escaped. */
export function contextText(context: NamedContext): string {
  return JSON.stringify(context).replace(UNPRINTABLE, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The readings of a batch may share what they say, so that a few bytes of it mean a lot: it is made plain once. */
const made = new WeakMap<object, ContextFact>();

function factOf(value: CborValue): ContextFact {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  let fact = made.get(value);
  if (fact === undefined) {
    fact = plain(value);
    made.set(value, fact);
  }
  return fact;
}

function plain(value: CborValue & object): ContextFact {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [`${key}`, factOf(item)]));
  return [...(value as readonly CborValue[])].map(factOf);
}
