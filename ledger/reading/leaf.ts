// One reading as the bytes that are hashed into a record's commitment and shown in a disclosure.
// Both directions are one to one: a reading has one encoding, and bytes decode only if they are that encoding.
import { equalBytes } from '../encoding/bytes.ts';
import { type CborValue, decodeCbor } from '../encoding/cbor.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { checkReading, MAX_SAMPLES } from './bounds.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ReadingContext } from './context.ts';
import { writeBytes, writeContext, writeInteger, writeText } from './leaf-writer.ts';
import { CLOCK_QUALITIES, type Decimal, type Reading, SPECIAL_VALUES, type Value } from './reading.ts';
import { readSamples, writeSamples } from './samples.ts';

/** Keys of the map, in order. */
const KEYS = 12;
const NULL = 0xf6;
/** 65,536 samples of 5 bytes, and everything else. */
const MAX_BYTES = 400_000;

const scratch = new ByteWriter(512);
const samplesScratch = new ByteWriter(512);

/** Deterministic CBOR map, keys 1 to 12 (FORMATS.md, "Reading"). Throws `reading_invalid` when out of bounds. */
export function encodeReading(reading: Reading): Uint8Array {
  checkReading(reading);
  scratch.at = 0;
  writeReadingNames(scratch, reading);
  writeReadingRest(scratch, reading);
  return scratch.take();
}

/** The head and keys 1 to 4: what all readings of a series have in common. */
export function writeReadingNames(out: ByteWriter, reading: Reading): void {
  out.byte(0xa0 | KEYS);
  out.byte(1);
  writeText(out, reading.device);
  out.byte(2);
  writeText(out, reading.code);
  out.byte(3);
  if (reading.mdc === null) out.byte(NULL);
  else writeInteger(out, reading.mdc);
  out.byte(4);
  writeText(out, reading.unit);
}

/** Keys 5 to 12. */
export function writeReadingRest(out: ByteWriter, reading: Reading): void {
  out.byte(5);
  writeValue(out, reading.value);
  out.byte(6);
  if (reading.deviceTime === null) out.byte(NULL);
  else writeText(out, reading.deviceTime);
  out.byte(7);
  writeInteger(out, reading.wallMs);
  out.byte(8);
  writeInteger(out, reading.monotonicMs);
  out.byte(9);
  out.byte(CLOCK_QUALITIES.indexOf(reading.clock));
  out.byte(10);
  writeInteger(out, reading.group);
  out.byte(11);
  if (reading.context === null) out.byte(NULL);
  else writeContext(out, reading.context);
  out.byte(12);
  writeInteger(out, reading.counter);
}

function writeValue(out: ByteWriter, value: Value): void {
  switch (value.kind) {
    case 'decimal':
      out.byte(0x83);
      out.byte(0);
      writeInteger(out, value.mantissa);
      writeInteger(out, value.exponent);
      return;
    case 'special':
      out.byte(0x82);
      out.byte(1);
      out.byte(SPECIAL_VALUES.indexOf(value.special));
      return;
    case 'text':
      out.byte(0x82);
      out.byte(2);
      writeText(out, value.text);
      return;
    case 'flag':
      out.byte(0x82);
      out.byte(3);
      out.byte(value.flag ? 0xf5 : 0xf4);
      return;
    case 'bytes':
      out.byte(0x82);
      out.byte(4);
      writeBytes(out, value.bytes);
      return;
    case 'samples':
      out.byte(0x84);
      out.byte(5);
      writeInteger(out, value.periodUs);
      out.byte(0x82);
      writeInteger(out, value.scale.mantissa);
      writeInteger(out, value.scale.exponent);
      samplesScratch.at = 0;
      writeSamples(samplesScratch, value.samples);
      writeBytes(out, samplesScratch.bytes.subarray(0, samplesScratch.at));
      return;
  }
}

function refuse(why: string): never {
  throw new VitalsealError('reading_invalid', why);
}

/** The reading of untrusted bytes. Throws `reading_invalid` unless they are its one encoding. */
export function decodeReading(bytes: Uint8Array): Reading {
  let map: CborValue;
  try {
    map = decodeCbor(bytes, { maxBytes: MAX_BYTES });
  } catch (error) {
    return refuse(isVitalsealError(error) ? error.message : 'not CBOR');
  }
  if (!(map instanceof Map) || map.size !== KEYS) return refuse('not a map of 12 keys');
  const reading: Reading = {
    device: text(map.get(1)),
    code: text(map.get(2)),
    mdc: map.get(3) === null ? null : integer(map.get(3)),
    unit: text(map.get(4)),
    value: readValue(map.get(5)),
    deviceTime: map.get(6) === null ? null : text(map.get(6)),
    wallMs: integer(map.get(7)),
    monotonicMs: integer(map.get(8)),
    clock: CLOCK_QUALITIES[integer(map.get(9))] ?? refuse('an unknown clock quality'),
    group: integer(map.get(10)),
    context: readContext(map.get(11)),
    counter: integer(map.get(12)),
  };
  // Whatever the checks above let through in another shape (a long varint, say) does not come back the same.
  if (!equalBytes(encodeReading(reading), bytes)) return refuse('not the one encoding of a reading');
  return reading;
}

function text(value: CborValue | undefined): string {
  return typeof value === 'string' ? value : refuse('not a text');
}

function integer(value: CborValue | undefined): number {
  return typeof value === 'number' ? value : refuse('not an integer within bounds');
}

function decimal(mantissa: CborValue | undefined, exponent: CborValue | undefined): Decimal {
  if (typeof mantissa !== 'number' && typeof mantissa !== 'bigint') return refuse('not a mantissa');
  return { mantissa, exponent: integer(exponent) };
}

function readContext(value: CborValue | undefined): ReadingContext | null {
  if (value === null) return null;
  if (!(value instanceof Map)) return refuse('not a context');
  for (const key of value.keys()) if (typeof key !== 'number') return refuse('not a context key');
  return value as ReadingContext;
}

function readValue(value: CborValue | undefined): Value {
  if (!Array.isArray(value)) return refuse('not a value');
  const [kind, first, second, third] = value as readonly CborValue[];
  if (value.length === 3 && kind === 0) return { kind: 'decimal', ...decimal(first, second) };
  if (value.length === 4 && kind === 5) {
    if (!Array.isArray(second) || second.length !== 2 || !(third instanceof Uint8Array)) return refuse('not samples');
    const scale = decimal(second[0], second[1]);
    return { kind: 'samples', periodUs: integer(first), scale, samples: unpack(third) };
  }
  if (value.length !== 2) return refuse('not a value');
  if (kind === 1) {
    const special = SPECIAL_VALUES[integer(first)];
    return special === undefined ? refuse('an unknown special value') : { kind: 'special', special };
  }
  if (kind === 2) return { kind: 'text', text: text(first) };
  if (kind === 3 && typeof first === 'boolean') return { kind: 'flag', flag: first };
  if (kind === 4 && first instanceof Uint8Array) return { kind: 'bytes', bytes: first };
  return refuse('an unknown kind of value');
}

function unpack(bytes: Uint8Array): Int32Array {
  let count = 0;
  // The last byte of each varint has its upper bit clear.
  for (const byte of bytes) if (byte < 0x80) count++;
  if (count > MAX_SAMPLES) refuse('samples out of bounds');
  const reader = new ByteReader(bytes, 'reading_invalid');
  const samples = readSamples(reader, count);
  reader.finish();
  return samples;
}
