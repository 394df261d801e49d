// The values of one series in a batch, as the columns that suit their kind.
import { MAX_PERIOD_US, MAX_SAMPLES, NARROW_LIMIT, TEXT_BYTES, VALUE_BYTES } from './bounds.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readColumn, writeColumn } from './column.ts';
import { EXPONENT_MAX, normalMantissa } from './decimal.ts';
import { type DecimalValue, type SamplesValue, SPECIAL_VALUES, type Value } from './reading.ts';
import { readSamples, writeSamples } from './samples.ts';
import { type Series, VALUE_CODE } from './series.ts';

type TextValue = Extract<Value, { kind: 'text' }>;

/** Values of one kind (and, of decimals, one exponent): what a series holds. */
export function writeValues(out: ByteWriter, kind: number, values: readonly Value[]): void {
  if (kind === VALUE_CODE.decimal) {
    const mantissas = values.map((value) => (value as DecimalValue).mantissa as number);
    writeColumn(out, mantissas);
    return;
  }
  if (kind === VALUE_CODE.samples) {
    writeBlocks(out, values as readonly SamplesValue[]);
    return;
  }
  if (kind === VALUE_CODE.text) {
    const texts = values.map((value) => (value as TextValue).text);
    writeTexts(out, texts);
    return;
  }
  for (const value of values) {
    if (value.kind === 'decimal') out.int64(BigInt(value.mantissa));
    else if (value.kind === 'special') out.byte(SPECIAL_VALUES.indexOf(value.special));
    else if (value.kind === 'flag') out.byte(value.flag ? 1 : 0);
    else if (value.kind === 'bytes') {
      out.unsigned(value.bytes.length);
      out.raw(value.bytes);
    }
  }
}

/** `length` values of a series. The reader's code is thrown for anything that writeValues does not write. */
export function readValues(
  from: ByteReader,
  { kind, exponent }: Pick<Series, 'kind' | 'exponent'>,
  length: number,
): Value[] {
  if (kind === VALUE_CODE.decimal) {
    return readColumn(from, length).map((mantissa) => {
      if (mantissa >= NARROW_LIMIT || mantissa <= -NARROW_LIMIT) from.fail('a mantissa out of bounds');
      return { kind: 'decimal', mantissa, exponent };
    });
  }
  if (kind === VALUE_CODE.samples) return readBlocks(from, length);
  if (kind === VALUE_CODE.text) return readTexts(from, length);
  return Array.from({ length }, () => readOne(from, kind, exponent));
}

function readOne(from: ByteReader, kind: number, exponent: number): Value {
  switch (kind) {
    case VALUE_CODE.wide:
      return { kind: 'decimal', mantissa: normalMantissa(from.int64()), exponent };
    case VALUE_CODE.special:
      return { kind: 'special', special: SPECIAL_VALUES[from.byte()] ?? from.fail('an unknown special value') };
    case VALUE_CODE.flag:
      return { kind: 'flag', flag: from.bounded(1, 'a flag') === 1 };
    default:
      return { kind: 'bytes', bytes: from.raw(from.bounded(VALUE_BYTES, 'bytes')).slice() };
  }
}

/** Distinct texts once, then which of them each row holds. */
function writeTexts(out: ByteWriter, texts: readonly string[]): void {
  const found = new Map<string, number>();
  const rows = texts.map((text) => {
    const index = found.get(text) ?? found.size;
    found.set(text, index);
    return index;
  });
  out.unsigned(found.size);
  for (const text of found.keys()) out.text(text);
  writeColumn(out, rows);
}

function readTexts(from: ByteReader, length: number): Value[] {
  const count = from.bounded(length, 'texts');
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(from.text(TEXT_BYTES));
  return readColumn(from, length).map((index) => ({
    kind: 'text',
    text: texts[index] ?? from.fail('a text that was not named'),
  }));
}

/** Columns of period, scale and length, then all samples as one run of differences: blocks continue one another. */
function writeBlocks(out: ByteWriter, blocks: readonly SamplesValue[]): void {
  writeColumn(
    out,
    blocks.map(({ periodUs }) => periodUs),
  );
  for (const { scale } of blocks) out.int64(BigInt(scale.mantissa));
  writeColumn(
    out,
    blocks.map(({ scale }) => scale.exponent),
  );
  writeColumn(
    out,
    blocks.map(({ samples }) => samples.length),
  );
  let last = 0;
  for (const { samples } of blocks) {
    writeSamples(out, samples, last);
    last = samples.at(-1) ?? last;
  }
}

function readBlocks(from: ByteReader, length: number): Value[] {
  const periods = readColumn(from, length);
  const mantissas = Array.from({ length }, () => normalMantissa(from.int64()));
  const exponents = readColumn(from, length);
  const lengths = readColumn(from, length);
  let last = 0;
  return periods.map((periodUs, i) => {
    const exponent = exponents[i] as number;
    const count = lengths[i] as number;
    if (periodUs < 1 || periodUs > MAX_PERIOD_US) from.fail('a period out of bounds');
    if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) from.fail('an exponent out of bounds');
    if (count < 0 || count > MAX_SAMPLES) from.fail('samples out of bounds');
    const samples = readSamples(from, count, last);
    last = samples.at(-1) ?? last;
    return { kind: 'samples', periodUs, scale: { mantissa: mantissas[i] as number | bigint, exponent }, samples };
  });
}
