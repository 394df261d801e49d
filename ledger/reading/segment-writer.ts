// The inbox's form of readings: one row each, in arrival order, written once on the broker's path to the disk. What
// equals the row before costs one bit; a series is spelled out once. FORMATS.md, "Segment".
import { VitalsealError } from '../errors.ts';
import { checkValue } from './bounds.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeContext } from './leaf-writer.ts';
import { checkMoment } from './moments.ts';
import { CLOCK_QUALITIES, type Reading, SPECIAL_VALUES, type Value } from './reading.ts';
import { writeSamples } from './samples.ts';
import { SeriesTable, VALUE_CODE } from './series.ts';
import { writeSeries } from './series-names.ts';

/** First byte of every segment. */
export const SEGMENT_VERSION = 1;
/** A segment larger than this is neither written nor read. */
export const SEGMENT_MAX_BYTES = 4 << 20;

/** Bits of a row's first byte. */
export const ROW = { moment: 1, series: 2, context: 4 } as const;

type SegmentReading = Omit<Reading, 'counter'>;

const contextScratch = new ByteWriter(256);

/** Appends readings to one segment at a time. `finish` gives its bytes and starts the next. */
export class SegmentWriter {
  readonly #out: ByteWriter;
  #series = new SeriesTable();
  #written = 0;
  #count = 0;
  #wallMs = 0;
  #monotonicMs = 0;
  #group = 0;
  #clock: Reading['clock'] | null = null;
  #deviceTime: string | null = null;

  constructor(capacity = 4096) {
    this.#out = new ByteWriter(capacity);
    this.#out.byte(SEGMENT_VERSION);
  }

  /** Readings appended to this segment. */
  get count(): number {
    return this.#count;
  }

  /** Length of this segment so far. */
  get byteLength(): number {
    return this.#out.at;
  }

  /** Throws `reading_invalid` when the reading is out of bounds, `segment_invalid` when the segment is full; then nothing was appended. */
  append(reading: SegmentReading): void {
    const out = this.#out;
    if (out.at > SEGMENT_MAX_BYTES) throw new VitalsealError('segment_invalid', 'the segment is full');
    const { value, context, wallMs, monotonicMs, group, clock, deviceTime } = reading;
    checkValue(value);
    if (context !== null) {
      contextScratch.at = 0;
      writeContext(contextScratch, context);
    }
    const moment =
      wallMs !== this.#wallMs ||
      monotonicMs !== this.#monotonicMs ||
      group !== this.#group ||
      clock !== this.#clock ||
      deviceTime !== this.#deviceTime;
    if (moment) checkMoment(reading);
    const series = this.#series.of(reading);
    // Nothing throws from here on, so that the table and the bytes cannot part.
    const fresh = series.index === this.#written;

    out.byte((moment ? ROW.moment : 0) | (fresh ? ROW.series : 0) | (context !== null ? ROW.context : 0));
    if (moment) this.#writeMoment(reading);
    if (fresh) {
      writeSeries(out, series);
      this.#written++;
    } else out.unsigned(series.index);
    writeValue(out, series.kind, value);
    if (context !== null) {
      out.unsigned(contextScratch.at);
      out.raw(contextScratch.bytes.subarray(0, contextScratch.at));
    }
    this.#count++;
  }

  #writeMoment({ wallMs, monotonicMs, group, clock, deviceTime }: SegmentReading): void {
    const out = this.#out;
    out.byte(CLOCK_QUALITIES.indexOf(clock) | (deviceTime === null ? 0 : 4));
    out.signed(wallMs - this.#wallMs);
    out.signed(monotonicMs - this.#monotonicMs);
    out.signed(group - this.#group);
    if (deviceTime !== null) out.text(deviceTime);
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    this.#group = group;
    this.#clock = clock;
    this.#deviceTime = deviceTime;
  }

  /** The segment's bytes, a copy; the next reading begins a new segment. */
  finish(): Uint8Array {
    const bytes = this.#out.take();
    this.#out.byte(SEGMENT_VERSION);
    this.#series = new SeriesTable();
    this.#written = this.#count = this.#wallMs = this.#monotonicMs = this.#group = 0;
    this.#clock = this.#deviceTime = null;
    return bytes;
  }
}

function writeValue(out: ByteWriter, kind: number, value: Value): void {
  switch (value.kind) {
    case 'decimal':
      if (kind === VALUE_CODE.decimal) out.signed(value.mantissa as number);
      else out.int64(BigInt(value.mantissa));
      return;
    case 'special':
      out.byte(SPECIAL_VALUES.indexOf(value.special));
      return;
    case 'text':
      out.text(value.text);
      return;
    case 'flag':
      out.byte(value.flag ? 1 : 0);
      return;
    case 'bytes':
      out.unsigned(value.bytes.length);
      out.raw(value.bytes);
      return;
    case 'samples':
      out.unsigned(value.periodUs);
      out.int64(BigInt(value.scale.mantissa));
      out.signed(value.scale.exponent);
      out.unsigned(value.samples.length);
      writeSamples(out, value.samples);
  }
}
