// A value that says its own format, by the Bluetooth assigned numbers (Format Types): integers of many widths, binary and
// medical floats, texts. What has another length than its format is kept as its bytes.
import { type Decimal, normalMantissa, toHex, type Value, valueFromFloat } from '@vitalseal/ledger';
import type { Fact } from './decoded.ts';
import { readFloat, readSfloat } from './float.ts';
import { textValue } from './octet-text.ts';
import { Packet } from './packet.ts';
import { valueText } from './value-text.ts';

/** Format → octets of an integer. */
const UNSIGNED: Readonly<Record<number, number>> = { 4: 1, 6: 2, 7: 3, 8: 4, 9: 6, 10: 8 };
const SIGNED: Readonly<Record<number, number>> = { 12: 1, 14: 2, 15: 3, 16: 4, 17: 6, 18: 8 };
const BOOLEAN = 1;
const FLOAT32 = 20;
const FLOAT64 = 21;
const SFLOAT = 22;
const FLOAT = 23;
export const UTF8 = 25;
const INT64_MAX = 2n ** 63n - 1n;

/** Throws `characteristic_reserved` and `characteristic_malformed` (a text that is not UTF-8). */
export function typedValue(format: number, bytes: Uint8Array): { value: Value; fact: Fact } {
  const value = known(format, bytes) ?? { kind: 'bytes', bytes: bytes.slice() };
  if (value.kind === 'text') return { value, fact: value.text };
  if (value.kind === 'flag') return { value, fact: value.flag };
  return { value, fact: value.kind === 'bytes' ? toHex(bytes) : valueText(value) };
}

function known(format: number, bytes: Uint8Array): Value | null {
  const { length } = bytes;
  if (length > 0 && (UNSIGNED[format] === length || SIGNED[format] === length)) {
    const integer = integerOf(bytes, SIGNED[format] === length);
    return integer === null ? null : { kind: 'decimal', ...integer };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (format === BOOLEAN && length === 1) return { kind: 'flag', flag: view.getUint8(0) !== 0 };
  if (format === FLOAT32 && length === 4) return valueFromFloat(view.getFloat32(0, true), 32);
  if (format === FLOAT64 && length === 8) return valueFromFloat(view.getFloat64(0, true), 64);
  if (format === SFLOAT && length === 2) return readSfloat(new Packet(bytes));
  if (format === FLOAT && length === 4) return readFloat(new Packet(bytes));
  return format === UTF8 ? textValue(bytes) : null;
}

/** Little-endian, up to 8 octets; null beyond a signed 64-bit integer, which readings cannot hold. */
export function integerOf(bytes: Uint8Array, signed: boolean): Decimal | null {
  const raw = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const integer = signed ? BigInt.asIntN(bytes.length * 8, raw) : raw;
  return integer > INT64_MAX ? null : { mantissa: normalMantissa(integer), exponent: 0 };
}
