// A batch: the readings of one record, as columns, deflated and padded. This is the plaintext that is sealed; the salt
// of its commitment travels inside. FORMATS.md, "Batch". Deflate is a port, so that a browser can read batches too.
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { padme } from '../sealing/padme.ts';
import { checkCount, checkValue, NUMBER_LIMIT } from './bounds.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readColumn, writeColumn } from './column.ts';
import { readContexts, writeContexts } from './contexts.ts';
import { checkMoment, type Moment, readMoments, sameMoment, writeMoments } from './moments.ts';
import type { Reading } from './reading.ts';
import { SeriesTable } from './series.ts';
import { readSeries, writeSeries } from './series-names.ts';
import { readValues, writeValues } from './values.ts';

/** Media type of a record that holds a batch: its `contentType` in the ledger. */
export const BATCH_CONTENT_TYPE = 'application/vnd.vitalseal.batch';
/** A batch holds at most this many readings. */
export const BATCH_MAX_READINGS = 65_536;
/** And at most this many bytes before deflate: what an inflater may be asked for. */
export const BATCH_MAX_BYTES = 16 << 20;
export const BATCH_SALT_BYTES = 32;
const VERSION = 1;

/** Raw deflate (RFC 1951) of bytes. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;
/** Raw inflate; throws, or gives up, beyond `maxBytes` of output, and throws on malformed input. */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

export interface EncodedBatch {
  readonly plaintext: Uint8Array;
  /** The readings in the order of the commitment: series by first appearance, then arrival. */
  readonly ordered: Reading[];
}

/**
 * The plaintext of a record of 1 to 65,536 readings; `salt` (32 random bytes) goes inside.
 * Throws `reading_invalid` when a reading is out of bounds, `batch_invalid` when the batch is.
 */
export function encodeBatch(readings: readonly Reading[], salt: Uint8Array, deflate: Deflate): EncodedBatch {
  if (salt.length !== BATCH_SALT_BYTES) throw new VitalsealError('batch_invalid', 'a batch salt has 32 bytes');
  if (readings.length === 0 || readings.length > BATCH_MAX_READINGS) {
    throw new VitalsealError('batch_invalid', 'a batch holds 1 to 65,536 readings');
  }
  const { content, ordered } = writeContent(readings, salt);
  const packed = deflate(content);
  const plaintext = new Uint8Array(padme(4 + packed.length));
  new DataView(plaintext.buffer).setUint32(0, packed.length);
  plaintext.set(packed, 4);
  return { plaintext, ordered };
}

function writeContent(readings: readonly Reading[], salt: Uint8Array): { content: Uint8Array; ordered: Reading[] } {
  const table = new SeriesTable();
  const rows: { readonly readings: Reading[]; readonly moments: number[] }[] = [];
  const moments: Moment[] = [];
  let moment: Moment | null = null;
  for (const reading of readings) {
    checkValue(reading.value);
    checkCount(reading.counter, 'counter');
    if (moment === null || !sameMoment(moment, reading)) {
      checkMoment(reading);
      moment = reading;
      moments.push(reading);
    }
    const { index } = table.of(reading);
    let row = rows[index];
    if (row === undefined) {
      row = { readings: [], moments: [] };
      rows.push(row);
    }
    row.readings.push(reading);
    row.moments.push(moments.length - 1);
  }

  const out = new ByteWriter(256 + readings.length * 8);
  out.byte(VERSION);
  out.raw(salt);
  writeMoments(out, moments);
  out.unsigned(table.all.length);
  const ordered: Reading[] = [];
  table.all.forEach((series, i) => {
    const row = rows[i] as { readonly readings: Reading[]; readonly moments: number[] };
    writeSeries(out, series);
    out.unsigned(row.readings.length);
    writeColumn(out, row.moments);
    const counters = row.readings.map(({ counter }) => counter);
    writeColumn(out, counters);
    const contexts = row.readings.map(({ context }) => context);
    writeContexts(out, contexts);
    const values = row.readings.map(({ value }) => value);
    writeValues(out, series.kind, values);
    for (const reading of row.readings) ordered.push(reading);
  });
  if (out.at > BATCH_MAX_BYTES) throw new VitalsealError('batch_invalid', 'a batch has at most 16 MiB');
  return { content: out.bytes.subarray(0, out.at), ordered };
}

export interface Batch {
  readonly salt: Uint8Array;
  /** In the order of the commitment. */
  readonly readings: Reading[];
}

/** The batch in a record's plaintext, from whoever could seal it. Bounded; throws `batch_invalid`. */
export function decodeBatch(plaintext: Uint8Array, inflate: Inflate): Batch {
  const outer = new ByteReader(plaintext, 'batch_invalid');
  if (plaintext.length < 4) outer.fail('cut short');
  const length = new DataView(plaintext.buffer, plaintext.byteOffset, 4).getUint32(0);
  if (length > plaintext.length - 4 || padme(4 + length) !== plaintext.length) outer.fail('a length that does not fit');
  for (let i = 4 + length; i < plaintext.length; i++) if (plaintext[i] !== 0) outer.fail('padding that is not zero');
  let content: Uint8Array;
  try {
    content = inflate(plaintext.subarray(4, 4 + length), BATCH_MAX_BYTES);
  } catch (error) {
    if (isVitalsealError(error)) throw error;
    return outer.fail('what does not inflate within bounds');
  }
  if (content.length > BATCH_MAX_BYTES) outer.fail('more than 16 MiB');
  return readContent(new ByteReader(content, 'batch_invalid'));
}

function readContent(from: ByteReader): Batch {
  if (from.byte() !== VERSION) from.fail('a batch of another version');
  const salt = from.raw(BATCH_SALT_BYTES).slice();
  const moments = readMoments(from, BATCH_MAX_READINGS);
  const readings: Reading[] = [];
  const count = from.bounded(BATCH_MAX_READINGS, 'series');
  for (let i = 0; i < count; i++) {
    const series = readSeries(from);
    const { device, code, mdc, unit } = series;
    const length = from.bounded(BATCH_MAX_READINGS - readings.length, 'readings');
    const at = readColumn(from, length);
    const counters = readColumn(from, length);
    const contexts = readContexts(from, length);
    const values = readValues(from, series, length);
    for (let row = 0; row < length; row++) {
      const moment = moments[at[row] as number] ?? from.fail('a moment that was not named');
      const { deviceTime, wallMs, monotonicMs, clock, group } = moment;
      const counter = counters[row] as number;
      if (counter < 0 || counter >= NUMBER_LIMIT) from.fail('a counter out of bounds');
      const value = values[row] as Reading['value'];
      const context = contexts[row] ?? null;
      readings.push({
        device,
        code,
        mdc,
        unit,
        value,
        deviceTime,
        wallMs,
        monotonicMs,
        clock,
        group,
        context,
        counter,
      });
    }
  }
  from.finish();
  if (readings.length === 0) from.fail('a batch without readings');
  return { salt, readings };
}
