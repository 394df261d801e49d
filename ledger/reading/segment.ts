// Reads segments back. They come from the inbox's own encrypted rows, but are read as if from anyone.

import { equalBytes } from '../encoding/bytes.ts';
import type { CborValue } from '../encoding/cbor.ts';
import { decodeCbor } from '../encoding/cbor.ts';
import {
  CONTEXT_BYTES,
  MAX_PERIOD_US,
  MAX_SAMPLES,
  NAME_BYTES,
  NUMBER_LIMIT,
  TEXT_BYTES,
  VALUE_BYTES,
} from './bounds.ts';
import { ByteReader } from './byte-reader.ts';
import type { ReadingContext } from './context.ts';
import { normalMantissa } from './decimal.ts';
import { CLOCK_QUALITIES, type Reading, SPECIAL_VALUES, type Value } from './reading.ts';
import { readSamples } from './samples.ts';
import { ROW, SEGMENT_MAX_BYTES, SEGMENT_VERSION, SegmentWriter } from './segment-writer.ts';
import { VALUE_CODE } from './series.ts';
import { readExponent, readSeries, type SeriesNames } from './series-names.ts';

/** One segment of readings, in their order. Counters are not in it. Throws as SegmentWriter.append does. */
export function encodeSegment(readings: readonly Omit<Reading, 'counter'>[]): Uint8Array {
  const writer = new SegmentWriter(64 + readings.length * 24);
  for (const reading of readings) writer.append(reading);
  return writer.finish();
}

/**
 * The readings of a segment, counted from `firstCounter` on: the inbox commit knows only where its run begins.
 * Throws `segment_invalid`.
 */
export function decodeSegment(bytes: Uint8Array, firstCounter = 0): Reading[] {
  const from = new ByteReader(bytes, 'segment_invalid');
  if (bytes.length > SEGMENT_MAX_BYTES * 2) from.fail('a segment out of bounds');
  if (from.byte() !== SEGMENT_VERSION) from.fail('a segment of another version');
  const readings: Reading[] = [];
  const known: SeriesNames[] = [];
  const contexts = new ContextReader(from);
  let wallMs = 0;
  let monotonicMs = 0;
  let group = 0;
  let clock = CLOCK_QUALITIES[0] as Reading['clock'];
  let deviceTime: string | null = null;
  while (from.at < from.end) {
    const row = from.byte();
    if (row > (ROW.moment | ROW.series | ROW.context)) from.fail('an unknown kind of row');
    if ((row & ROW.moment) !== 0) {
      const head = from.byte();
      clock = (head > 7 ? undefined : CLOCK_QUALITIES[head & 3]) ?? from.fail('an unknown clock quality');
      wallMs = within(from, wallMs + from.signed());
      monotonicMs = within(from, monotonicMs + from.signed());
      group = within(from, group + from.signed());
      if (group < 0) from.fail('a group out of bounds');
      deviceTime = (head & 4) === 0 ? null : from.text(NAME_BYTES);
    } else if (readings.length === 0) from.fail('a first row without its moment');
    let names: SeriesNames;
    if ((row & ROW.series) !== 0) {
      names = readSeries(from);
      known.push(names);
    } else names = known[from.unsigned()] ?? from.fail('a series that was not named');
    const value = readValue(from, names);
    const context = (row & ROW.context) === 0 ? null : contexts.read();
    const { device, code, mdc, unit } = names;
    const counter = firstCounter + readings.length;
    readings.push({ device, code, mdc, unit, value, deviceTime, wallMs, monotonicMs, clock, group, context, counter });
  }
  return readings;
}

function within(from: ByteReader, value: number): number {
  if (value >= NUMBER_LIMIT || value <= -NUMBER_LIMIT) from.fail('a time or number out of bounds');
  return value;
}

function readValue(from: ByteReader, { kind, exponent }: SeriesNames): Value {
  switch (kind) {
    case VALUE_CODE.decimal:
      return { kind: 'decimal', mantissa: from.signed(), exponent };
    case VALUE_CODE.wide:
      return { kind: 'decimal', mantissa: normalMantissa(from.int64()), exponent };
    case VALUE_CODE.special:
      return { kind: 'special', special: SPECIAL_VALUES[from.byte()] ?? from.fail('an unknown special value') };
    case VALUE_CODE.text:
      return { kind: 'text', text: from.text(TEXT_BYTES) };
    case VALUE_CODE.flag:
      return { kind: 'flag', flag: from.bounded(1, 'a flag') === 1 };
    case VALUE_CODE.bytes:
      return { kind: 'bytes', bytes: from.raw(from.bounded(VALUE_BYTES, 'bytes')).slice() };
    default: {
      const periodUs = from.bounded(MAX_PERIOD_US, 'a period');
      if (periodUs === 0) from.fail('a period out of bounds');
      const scale = { mantissa: normalMantissa(from.int64()), exponent: readExponent(from) };
      const samples = readSamples(from, from.bounded(MAX_SAMPLES, 'samples'));
      return { kind: 'samples', periodUs, scale, samples };
    }
  }
}

/** Contexts often repeat: equal bytes give the same map without decoding them again. */
class ContextReader {
  readonly #from: ByteReader;
  #bytes = new Uint8Array();
  #context: ReadingContext = new Map();

  constructor(from: ByteReader) {
    this.#from = from;
  }

  read(): ReadingContext {
    const from = this.#from;
    const bytes = from.raw(from.bounded(CONTEXT_BYTES, 'a context'));
    if (bytes.length === 0 || !equalBytes(bytes, this.#bytes)) {
      this.#context = decodeContext(from, bytes);
      this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    }
    return this.#context;
  }
}

function decodeContext(from: ByteReader, bytes: Uint8Array): ReadingContext {
  let map: CborValue;
  try {
    map = decodeCbor(bytes);
  } catch {
    return from.fail('a context that is not CBOR');
  }
  if (!(map instanceof Map)) return from.fail('a context that is not a map');
  for (const key of map.keys()) {
    if (typeof key !== 'number' || key < 0) from.fail('a context key that is not an unsigned integer');
  }
  return map as ReadingContext;
}
