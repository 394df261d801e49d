// Reads what ByteWriter wrote from bytes that nobody vouches for: every length is checked against what is left before
// anything is made of it, and whatever is wrong throws the one code that the caller named.
import { canonicalText } from '../encoding/cbor.ts';
import { type ErrorCode, VitalsealError } from '../errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const SHORT_TEXT = 32;

export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  readonly #code: ErrorCode;

  /** Throws nothing itself; every method throws `code` when the bytes are not what it should read. */
  constructor(bytes: Uint8Array, code: ErrorCode) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.#code = code;
  }

  fail(why: string): never {
    throw new VitalsealError(this.#code, why);
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    if (this.at >= this.end) this.fail('cut short');
    return this.bytes[this.at++] as number;
  }

  /** LEB128, shortest form, at most 2^53 - 1. */
  unsigned(): number {
    const { bytes } = this;
    const first = bytes[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) {
        if (next === 0 && count > 0) this.fail('a number longer than it needs to be');
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    return this.fail('a number out of bounds');
  }

  /** Zigzag LEB128. */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** LEB128, at most `most`; `what` names it in the error. */
  bounded(most: number, what: string): number {
    const value = this.unsigned();
    if (value > most) this.fail(`${what} out of bounds`);
    return value;
  }

  int64(): bigint {
    const bytes = this.raw(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0);
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.end - this.at) this.fail('cut short');
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  /** A text of at most `most` bytes in canonical form. */
  text(most: number): string {
    const length = this.unsigned();
    if (length > most) this.fail('a text out of bounds');
    if (length > this.end - this.at) this.fail('cut short');
    const { bytes, at } = this;
    this.at = at + length;
    if (length <= SHORT_TEXT) {
      let text = '';
      let i = at;
      for (; i < this.at; i++) {
        const unit = bytes[i] as number;
        if (unit > 0x7f) break;
        text += String.fromCharCode(unit);
      }
      if (i === this.at) return text;
    }
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(at, this.at));
    } catch {
      return this.fail('a text that is not UTF-8');
    }
    if (canonicalText(text) !== text) this.fail('a text that is not in canonical form');
    return text;
  }

  /** Throws when bytes are left. */
  finish(): void {
    if (this.at !== this.end) this.fail('trailing bytes');
  }
}
