// How segments and batches spell out a series, once.
import { NAME_BYTES } from './bounds.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { EXPONENT_MAX } from './decimal.ts';
import { type Series, VALUE_CODE } from './series.ts';

export type SeriesNames = Omit<Series, 'index' | 'next'>;

/** Kind of value, device, code, MDC code + 1 (0: none), unit; of decimals the exponent. */
export function writeSeries(out: ByteWriter, { kind, device, code, mdc, unit, exponent }: SeriesNames): void {
  out.byte(kind);
  out.text(device);
  out.text(code);
  out.unsigned(mdc === null ? 0 : mdc + 1);
  out.text(unit);
  if (isDecimal(kind)) out.signed(exponent);
}

/** The reader's code is thrown for anything that writeSeries does not write. */
export function readSeries(from: ByteReader): SeriesNames {
  const kind = from.bounded(VALUE_CODE.wide, 'a kind of value');
  const device = from.text(NAME_BYTES);
  const code = from.text(NAME_BYTES);
  const mdc = from.bounded(0x100000000, 'an MDC code');
  const unit = from.text(NAME_BYTES);
  const exponent = isDecimal(kind) ? readExponent(from) : 0;
  return { kind, device, code, mdc: mdc === 0 ? null : mdc - 1, unit, exponent };
}

export function readExponent(from: ByteReader): number {
  const exponent = from.signed();
  // The bounds are symmetrical.
  if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) from.fail('an exponent out of bounds');
  return exponent;
}

function isDecimal(kind: number): boolean {
  return kind === VALUE_CODE.decimal || kind === VALUE_CODE.wide;
}
