// A strict JSON reader (RFC 8259) that keeps numbers as the decimals of their source text, which JSON.parse cannot do
// without a reviver several times slower. It refuses duplicate names and lone surrogates, and bounds depth and length.
import { type Decimal, parseDecimal } from '@vitalseal/ledger';
import { BOUNDS, malformed } from './bounds.ts';

/** Objects are Maps: no name is special, and duplicates are seen. */
export type JsonValue = null | boolean | string | Decimal | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

export function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** The document in `text`. Throws `payload_malformed`, or `value_malformed` for a number beyond the bounds. */
export function parseJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw malformed('text after the JSON document');
  }

  value(depth: number): JsonValue {
    this.#space();
    const c = this.#next();
    if (c === 0x22) return this.#string(BOUNDS.data * 2);
    if (c === 0x7b) return this.#object(depth + 1);
    if (c === 0x5b) return this.#array(depth + 1);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.#number();
    if (c === 0x74) return this.#word('true', true);
    if (c === 0x66) return this.#word('false', false);
    if (c === 0x6e) return this.#word('null', null);
    throw malformed('not JSON');
  }

  /** NaN at the end of the text: every comparison fails then. */
  #next(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #space(): void {
    for (;;) {
      const c = this.#next();
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw malformed('not JSON');
    this.#at += word.length;
    return value;
  }

  #object(depth: number): JsonObject {
    if (depth > BOUNDS.depth) throw malformed('nested too deep');
    const object: JsonObject = new Map();
    this.#at++;
    this.#space();
    if (this.#next() === 0x7d) {
      this.#at++;
      return object;
    }
    for (;;) {
      this.#space();
      if (this.#next() !== 0x22) throw malformed('object without a name');
      const name = this.#string(BOUNDS.name);
      this.#space();
      if (this.#next() !== 0x3a) throw malformed('object without a colon');
      this.#at++;
      if (object.has(name)) throw malformed('object with a name twice');
      if (object.size >= BOUNDS.members) throw malformed('object with too many names');
      object.set(name, this.value(depth));
      this.#space();
      const c = this.#next();
      this.#at++;
      if (c === 0x7d) return object;
      if (c !== 0x2c) throw malformed('object not closed');
    }
  }

  #array(depth: number): JsonValue[] {
    if (depth > BOUNDS.depth) throw malformed('nested too deep');
    const array: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#next() === 0x5d) {
      this.#at++;
      return array;
    }
    for (;;) {
      array.push(this.value(depth));
      this.#space();
      const c = this.#next();
      this.#at++;
      if (c === 0x5d) return array;
      if (c !== 0x2c) throw malformed('array not closed');
    }
  }

  #string(limit: number): string {
    const start = ++this.#at;
    for (;;) {
      const c = this.#next();
      if (c === 0x22) {
        if (this.#at - start > limit) throw malformed('text too long');
        return this.#text.slice(start, this.#at++);
      }
      if (c === 0x5c) return this.#escaped(start, limit);
      // Also true for NaN, at the end of the text.
      if (!(c >= 0x20)) throw malformed('text not closed, or with a control character');
      this.#at++;
    }
  }

  /** A string with escapes: found by its end, then read by the platform, which is strict about escapes. */
  #escaped(start: number, limit: number): string {
    for (;;) {
      const c = this.#next();
      if (c === 0x22) break;
      if (!(c >= 0x20)) throw malformed('text not closed, or with a control character');
      this.#at += c === 0x5c ? 2 : 1;
    }
    const source = this.#text.slice(start - 1, ++this.#at);
    let text: string;
    try {
      text = JSON.parse(source);
    } catch {
      throw malformed('text with an invalid escape');
    }
    if (text.length > limit) throw malformed('text too long');
    if (!text.isWellFormed()) throw malformed('text with half a character');
    return text;
  }

  #number(): Decimal {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    const negative = text.charCodeAt(at) === 0x2d;
    if (negative) at++;
    const first = at;
    let mantissa = 0;
    let c = text.charCodeAt(at);
    while (c >= 0x30 && c <= 0x39) {
      mantissa = mantissa * 10 + c - 0x30;
      c = text.charCodeAt(++at);
    }
    const whole = at - first;
    if (whole === 0 || (whole > 1 && text.charCodeAt(first) === 0x30)) throw malformed('not a JSON number');
    let fraction = 0;
    if (c === 0x2e) {
      const from = ++at;
      c = text.charCodeAt(at);
      while (c >= 0x30 && c <= 0x39) {
        mantissa = mantissa * 10 + c - 0x30;
        c = text.charCodeAt(++at);
      }
      fraction = at - from;
      if (fraction === 0) throw malformed('not a JSON number');
    }
    if (c === 0x65 || c === 0x45) {
      c = text.charCodeAt(++at);
      if (c === 0x2b || c === 0x2d) c = text.charCodeAt(++at);
      const from = at;
      while (c >= 0x30 && c <= 0x39) c = text.charCodeAt(++at);
      if (at === from) throw malformed('not a JSON number');
      this.#at = at;
      return parseDecimal(text.slice(start, at));
    }
    this.#at = at;
    // 15 digits always fit a double exactly; longer ones take the slow way.
    if (whole + fraction > 15) return parseDecimal(text.slice(start, at));
    return { mantissa: negative && mantissa !== 0 ? -mantissa : mantissa, exponent: 0 - fraction };
  }
}
