// Deterministic CBOR (RFC 8949 §4.2.1) written by hand for the one shape that is encoded ten thousand times a batch.
// A property test holds it equal to encodeCbor, which remains the definition.
import { canonicalText, encodeCbor } from '../encoding/cbor.ts';
import { VitalsealError } from '../errors.ts';
import { CONTEXT_BYTES, CONTEXT_KEYS } from './bounds.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ReadingContext } from './context.ts';

const UINT = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const MAP = 0xa0;
const encoder = new TextEncoder();

/** A head: major type in the upper three bits, argument a non-negative safe integer in its shortest form. */
export function writeHead(out: ByteWriter, major: number, argument: number): void {
  if (argument < 24) {
    out.byte(major | argument);
    return;
  }
  if (argument < 0x100) {
    out.byte(major | 24);
    out.byte(argument);
    return;
  }
  if (argument < 0x10000) {
    out.byte(major | 25);
    out.byte(argument >>> 8);
    out.byte(argument & 0xff);
    return;
  }
  if (argument < 0x100000000) {
    out.byte(major | 26);
    out.uint32(argument);
    return;
  }
  out.byte(major | 27);
  out.uint32(Math.floor(argument / 0x100000000));
  out.uint32(argument % 0x100000000);
}

/** An integer of at most 64 bits. */
export function writeInteger(out: ByteWriter, value: number | bigint): void {
  if (typeof value === 'bigint') {
    if (value > Number.MAX_SAFE_INTEGER) {
      out.byte(UINT | 27);
      out.int64(BigInt.asIntN(64, value));
      return;
    }
    if (value < -Number.MAX_SAFE_INTEGER) {
      out.byte(NEGATIVE | 27);
      out.int64(BigInt.asIntN(64, -1n - value));
      return;
    }
    writeInteger(out, Number(value));
    return;
  }
  if (value >= 0) writeHead(out, UINT, value);
  else writeHead(out, NEGATIVE, -1 - value);
}

export function writeText(out: ByteWriter, text: string): void {
  const { length } = text;
  if (length < 100) {
    // The head of an ASCII text is known from its length; only another text has to be measured first.
    const from = out.at;
    if (length < 24) out.byte(TEXT | length);
    else {
      out.byte(TEXT | 24);
      out.byte(length);
    }
    if (out.ascii(text)) return;
    out.at = from;
  }
  const bytes = encoder.encode(canonicalText(text));
  writeHead(out, TEXT, bytes.length);
  out.raw(bytes);
}

export function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  writeHead(out, BYTES, bytes.length);
  out.raw(bytes);
}

/** A context, keys ascending. Throws `reading_invalid`: a negative key, a value that CBOR cannot say, over 32 keys or 4,096 bytes. */
export function writeContext(out: ByteWriter, context: ReadingContext): void {
  if (context.size > CONTEXT_KEYS) throw new VitalsealError('reading_invalid', 'a context out of bounds');
  const from = out.at;
  writeHead(out, MAP, context.size);
  let last = -1;
  for (const key of context.keys()) {
    if (key <= last) last = Number.POSITIVE_INFINITY;
    else last = key;
  }
  const entries = last === Number.POSITIVE_INFINITY ? [...context].sort(([a], [b]) => a - b) : context;
  for (const [key, value] of entries) {
    if (!Number.isSafeInteger(key) || key < 0)
      throw new VitalsealError('reading_invalid', 'a context key out of bounds');
    writeHead(out, UINT, key);
    if (typeof value === 'number' && Number.isSafeInteger(value)) writeInteger(out, value);
    else if (typeof value === 'string') writeText(out, value);
    else if (value === true) out.byte(0xf5);
    else out.raw(encodeItem(value));
  }
  if (out.at - from > CONTEXT_BYTES) throw new VitalsealError('reading_invalid', 'a context out of bounds');
}

function encodeItem(value: Parameters<typeof encodeCbor>[0]): Uint8Array {
  try {
    return encodeCbor(value);
  } catch {
    throw new VitalsealError('reading_invalid', 'a context holds what CBOR cannot say');
  }
}
