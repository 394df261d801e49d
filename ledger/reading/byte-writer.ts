// One growing buffer that a whole segment, batch or leaf is written into, so that the hot path makes no garbage.
// Varints are LEB128, signed ones zigzag first (as in Protocol Buffers).
import { canonicalText } from '../encoding/cbor.ts';

const encoder = new TextEncoder();
/** Longer texts are left to the native encoder; below this a loop is faster than the call. */
const LOOP_TEXT = 96;

export class ByteWriter {
  bytes: Uint8Array;
  /** Where the next byte goes: the length so far. */
  at = 0;
  #view: DataView;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. Every method that writes calls it itself. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** A non-negative safe integer, LEB128: at most 8 bytes. */
  unsigned(value: number): void {
    if (this.at + 8 > this.bytes.length) this.reserve(8);
    const bytes = this.bytes;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.at++] = rest;
  }

  /** An integer of magnitude below 2^52, zigzag LEB128. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Signed 64-bit, big-endian. */
  int64(value: bigint): void {
    this.reserve(8);
    this.#view.setBigInt64(this.at, value);
    this.at += 8;
  }

  /** Unsigned 32-bit, big-endian. */
  uint32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.at, value);
    this.at += 4;
  }

  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.at);
    this.at += source.length;
  }

  /** Length as LEB128, then the bytes of a text in canonical form. */
  text(text: string): void {
    const length = text.length;
    this.reserve(length + 8);
    if (length < LOOP_TEXT) {
      this.unsigned(length);
      if (this.ascii(text)) return;
      // One byte a character was wrong: take the length back and do it the long way.
      this.at -= length < 0x80 ? 1 : 2;
    }
    const bytes = encoder.encode(canonicalText(text));
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  /** The bytes of an ASCII text, without length; false, and nothing written, when it is not ASCII. */
  ascii(text: string): boolean {
    const length = text.length;
    this.reserve(length);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[at + i] = unit;
    }
    this.at = at + length;
    return true;
  }

  /** A copy of what was written; the writer starts again, keeping its buffer. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.at);
    this.at = 0;
    return taken;
  }
}
