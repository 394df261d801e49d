// Readings as rows of text: exact decimals, times in ISO 8601, the same columns in table, JSON and CSV.
import { formatDecimal, type Reading, toHex, type Value } from '@vitalseal/ledger';
import { contextText, type NamedContext, namedContext } from './context.ts';

/** The columns, in order. `value` is exact text; a waveform block is its samples, separated by spaces. */
export interface ReadingRow {
  readonly device: string;
  readonly code: string;
  readonly unit: string;
  readonly value: string;
  /** As the device gave it; null when it gave none. */
  readonly deviceTime: string | null;
  /** When the gateway received it; its clock's quality stands in `clock`. */
  readonly gatewayTime: string;
  /** Hex of the record id. */
  readonly record: string;
  readonly clock: Reading['clock'];
  /** Microseconds between the samples of a waveform block. */
  readonly periodUs?: number;
  /** What the device said beside the value; only where there is any. */
  readonly context?: NamedContext;
}

/** The columns of a table. */
export const TABLE_COLUMNS = ['device', 'code', 'unit', 'value', 'device_time', 'gateway_time', 'record'] as const;

/** The names of the columns in a CSV header. New ones come last: a program may count them. */
export const CSV_COLUMNS = [...TABLE_COLUMNS, 'context'] as const;

export function readingRow(reading: Reading, record: string): ReadingRow {
  const { device, code, unit, value, deviceTime, wallMs, clock } = reading;
  const context = namedContext(reading.context);
  return {
    ...{ device, code, unit, value: valueText(value), deviceTime, gatewayTime: isoTime(wallMs), record, clock },
    ...(value.kind === 'samples' ? { periodUs: value.periodUs } : {}),
    ...(context === null ? {} : { context }),
  };
}

/** One line of CSV without its line break (RFC 4180). The context is one line of JSON, or empty. */
export function csvLine({ context, ...row }: ReadingRow): string {
  const said = context === undefined ? '' : contextText(context);
  return [row.device, row.code, row.unit, row.value, row.deviceTime ?? '', row.gatewayTime, row.record, said]
    .map(csvField)
    .join(',');
}

/** The value as exact text: 7250 × 10^-2 is `72.50`. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case 'decimal':
      return formatDecimal(value);
    case 'special':
      return value.special;
    case 'text':
      return value.text;
    case 'flag':
      return String(value.flag);
    case 'bytes':
      return toHex(value.bytes);
    case 'samples': {
      const { mantissa, exponent } = value.scale;
      return Array.from(value.samples, (sample) =>
        formatDecimal({ mantissa: BigInt(sample) * BigInt(mantissa), exponent }),
      ).join(' ');
    }
  }
}

function isoTime(ms: number): string {
  // A hostile batch may hold a time beyond what Date can say.
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

/** One number, or the samples of a block, and nothing after them: "-1+1" would be a formula. */
const NUMBERS = /^[+-]?\d+(\.\d+)?(e-?\d+)?( -?\d+(\.\d+)?(e-?\d+)?)*$/;

function csvField(text: string): string {
  // A spreadsheet takes these first characters for a formula; numbers keep their sign.
  const safe = /^[=+\-@\t\r]/.test(text) && !NUMBERS.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
