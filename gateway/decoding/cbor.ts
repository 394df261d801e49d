// A CBOR reader (RFC 8949) for device payloads. cborg forgets how wide a float was and knows no decimal fraction; here
// both become the decimal that the sender meant. Indefinite arrays and maps are read, indefinite strings are not.
import { type Decimal, type SpecialValue, valueFromFloat } from '@vitalseal/ledger';
import { decimal } from './arithmetic.ts';
import { BOUNDS, malformed } from './bounds.ts';

/** A float that is no number. */
export interface Special {
  readonly special: SpecialValue;
}
export type CborItem = null | boolean | string | Uint8Array | Decimal | Special | CborItem[] | CborObject;
export type CborObject = Map<string | number, CborItem>;

const BREAK = Symbol('break');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The one item in `bytes`. Throws `payload_malformed`, or `value_malformed` for a number beyond the bounds. */
export function parseCbor(bytes: Uint8Array): CborItem {
  const reader = new CborReader(bytes);
  const item = reader.item(0);
  reader.end();
  return item;
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('bytes after the CBOR item');
  }

  item(depth: number): CborItem {
    const item = this.#itemOrBreak(depth, false);
    if (item === BREAK) throw malformed('break outside an indefinite item');
    return item;
  }

  #itemOrBreak(depth: number, breakAllowed: boolean): CborItem | typeof BREAK {
    if (depth > BOUNDS.depth) throw malformed('nested too deep');
    const head = this.#take(1);
    const initial = this.#bytes[head] as number;
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) return this.#simple(info, breakAllowed);
    if (info === 31) {
      if (major === 4) return this.#array(depth + 1, null);
      if (major === 5) return this.#map(depth + 1, null);
      throw malformed('an indefinite string or number');
    }
    if (major < 2) return this.#integer(info, major === 1);
    const argument = this.#argument(info);
    if (major === 2) return this.#bytes.slice(this.#take(argument), this.#at);
    if (major === 3) return this.#text(argument);
    if (major === 4) return this.#array(depth + 1, argument);
    if (major === 5) return this.#map(depth + 1, argument);
    return this.#tagged(argument, depth + 1);
  }

  /** Moves on by `count` bytes and gives where they start. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw malformed('CBOR cut short');
    this.#at = start + count;
    return start;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.#view.getUint8(this.#take(1));
    if (info === 25) return this.#view.getUint16(this.#take(2));
    if (info === 26) return this.#view.getUint32(this.#take(4));
    if (info !== 27) throw malformed('a reserved CBOR length');
    const wide = this.#view.getBigUint64(this.#take(8));
    // More than the payload could hold; any length or tag of this size is refused anyway.
    return wide > 0xffff_ffffn ? Number.MAX_SAFE_INTEGER : Number(wide);
  }

  #integer(info: number, negative: boolean): Decimal {
    if (info === 27) {
      const wide = this.#view.getBigUint64(this.#take(8));
      return decimal(negative ? -1n - wide : wide, 0);
    }
    const value = this.#argument(info);
    return { mantissa: negative ? -1 - value : value, exponent: 0 };
  }

  #text(length: number): string {
    const start = this.#take(length);
    if (length > BOUNDS.text) throw malformed('text too long');
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw malformed('text is not UTF-8');
    }
  }

  #array(depth: number, count: number | null): CborItem[] {
    // An element takes a byte at least, so a longer array than the payload is cut short before it is believed.
    if (count !== null && count > this.#bytes.length - this.#at) throw malformed('CBOR cut short');
    const array: CborItem[] = [];
    while (count === null || array.length < count) {
      const item = this.#itemOrBreak(depth, count === null);
      if (item === BREAK) break;
      array.push(item);
    }
    return array;
  }

  #map(depth: number, count: number | null): CborObject {
    if (count !== null && count > BOUNDS.members) throw malformed('map with too many keys');
    const map: CborObject = new Map();
    while (count === null || map.size < count) {
      const item = this.#itemOrBreak(depth, count === null);
      if (item === BREAK) break;
      const key = labelOf(item);
      if (map.has(key)) throw malformed('map with a key twice');
      if (map.size >= BOUNDS.members) throw malformed('map with too many keys');
      map.set(key, this.item(depth));
    }
    return map;
  }

  #simple(info: number, breakAllowed: boolean): CborItem | typeof BREAK {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    if (info === 25) return floatItem(halfFloat(this.#view.getUint16(this.#take(2))), 16);
    if (info === 26) return floatItem(this.#view.getFloat32(this.#take(4)), 32);
    if (info === 27) return floatItem(this.#view.getFloat64(this.#take(8)), 64);
    if (info === 31 && breakAllowed) return BREAK;
    throw malformed('a CBOR simple value that means nothing here');
  }

  /** Only decimal fractions (tag 4: [exponent, mantissa]) are numbers of SenML; a bignum mantissa would not fit. */
  #tagged(tag: number, depth: number): Decimal {
    if (tag !== 4) throw malformed('a CBOR tag other than the decimal fraction');
    const pair = this.item(depth);
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed('not a decimal fraction');
    const [exponent, mantissa] = pair;
    if (!isInteger(exponent) || !isInteger(mantissa)) throw malformed('not a decimal fraction');
    return decimal(mantissa.mantissa, Number(exponent.mantissa));
  }
}

function isInteger(item: CborItem | undefined): item is Decimal {
  return typeof item === 'object' && item !== null && 'mantissa' in item && item.exponent === 0;
}

function labelOf(item: CborItem): string | number {
  if (typeof item === 'string') return item;
  if (isInteger(item) && typeof item.mantissa === 'number') return item.mantissa;
  throw malformed('a key that is neither text nor integer');
}

function floatItem(float: number, width: 16 | 32 | 64): Decimal | Special {
  const value = valueFromFloat(float, width);
  if (value.kind === 'special') return { special: value.special };
  if (value.kind !== 'decimal') throw malformed('not a number');
  return { mantissa: value.mantissa, exponent: value.exponent };
}

/** RFC 8949 appendix D. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent < 31
        ? (1024 + fraction) * 2 ** (exponent - 25)
        : fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN;
  return bits & 0x8000 ? -magnitude : magnitude;
}
