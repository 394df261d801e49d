// A series: readings that share everything but time and value. Segments name it once, batches give it its own columns.
// Equipment repeats itself, so the series after the last one is guessed first, which saves hashing three texts a reading.
import { checkMdc, checkName, NARROW_LIMIT } from './bounds.ts';
import type { Reading, Value } from './reading.ts';

/** How a value is written in segments and batches. `wide` is a decimal whose mantissa has 50 bits or more. */
export const VALUE_CODE = { decimal: 0, special: 1, text: 2, flag: 3, bytes: 4, samples: 5, wide: 6 } as const;

export interface Series {
  readonly device: string;
  readonly code: string;
  readonly mdc: number | null;
  readonly unit: string;
  /** One of VALUE_CODE. */
  readonly kind: number;
  /** Of decimals; else 0. */
  readonly exponent: number;
  /** Place in the order of first appearance. */
  readonly index: number;
  /** The series that came after this one the last time. */
  next: Series | null;
}

type SeriesPart = Pick<Reading, 'device' | 'code' | 'mdc' | 'unit' | 'value'>;

function valueCode(value: Value): number {
  if (value.kind !== 'decimal') return VALUE_CODE[value.kind];
  const { mantissa } = value;
  return typeof mantissa === 'number' && mantissa < NARROW_LIMIT && mantissa > -NARROW_LIMIT
    ? VALUE_CODE.decimal
    : VALUE_CODE.wide;
}

/** The series met so far, in the order of first appearance. */
export class SeriesTable {
  readonly all: Series[] = [];
  readonly #found = new Map<string, Map<string, Map<string, Series>>>();
  #last: Series | null = null;

  /** The series of a reading; a new one is added. Throws `reading_invalid` when its names are out of bounds. */
  of(reading: SeriesPart): Series {
    const { device, code, mdc, unit, value } = reading;
    const kind = valueCode(value);
    const exponent = value.kind === 'decimal' ? value.exponent : 0;
    let series = this.#last?.next ?? null;
    if (
      series === null ||
      series.kind !== kind ||
      series.exponent !== exponent ||
      series.mdc !== mdc ||
      series.code !== code ||
      series.device !== device ||
      series.unit !== unit
    ) {
      series = this.#find(reading, kind, exponent);
      if (this.#last !== null) this.#last.next = series;
    }
    this.#last = series;
    return series;
  }

  #find({ device, code, mdc, unit }: SeriesPart, kind: number, exponent: number): Series {
    let codes = this.#found.get(device);
    if (codes === undefined) {
      codes = new Map();
      this.#found.set(device, codes);
    }
    let rest = codes.get(code);
    if (rest === undefined) {
      rest = new Map();
      codes.set(code, rest);
    }
    const key = `${kind} ${exponent} ${mdc} ${unit}`;
    let series = rest.get(key);
    if (series === undefined) {
      checkName(device, 'device');
      checkName(code, 'code');
      checkName(unit, 'unit');
      checkMdc(mdc);
      series = { device, code, mdc, unit, kind, exponent, index: this.all.length, next: null };
      this.all.push(series);
      rest.set(key, series);
    }
    return series;
  }
}

/** Readings as they stand in a batch and in its commitment: series by first appearance, then arrival. Idempotent. */
export function orderReadings(readings: readonly Reading[]): Reading[] {
  const table = new SeriesTable();
  const groups: Reading[][] = [];
  for (const reading of readings) {
    const { index } = table.of(reading);
    const group = groups[index];
    if (group === undefined) groups.push([reading]);
    else group.push(reading);
  }
  return groups.flat();
}
