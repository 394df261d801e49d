import { type CborValue, CONTEXT, type Value } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { CSV_COLUMNS, csvLine, readingRow, valueText } from './rows.ts';

const reading = {
  ...{ device: 'pump-1', code: 'MDC_X', mdc: null, unit: 'mL/h', deviceTime: null, wallMs: 0, monotonicMs: 0 },
  ...{ clock: 'unknown' as const, group: 0, context: null, counter: 0 },
};

const TEXTS: readonly (readonly [Value, string])[] = [
  [{ kind: 'decimal', mantissa: 7250, exponent: -2 }, '72.50'],
  [{ kind: 'decimal', mantissa: -5, exponent: -3 }, '-0.005'],
  [{ kind: 'decimal', mantissa: 9223372036854775807n, exponent: 0 }, '9223372036854775807'],
  [{ kind: 'special', special: 'NRes' }, 'NRes'],
  [{ kind: 'text', text: 'on' }, 'on'],
  [{ kind: 'flag', flag: false }, 'false'],
  [{ kind: 'bytes', bytes: Uint8Array.of(1, 255) }, '01ff'],
  [
    { kind: 'samples', periodUs: 4000, scale: { mantissa: 5, exponent: -3 }, samples: Int32Array.of(3, -1, 0) },
    '0.015 -0.005 0.000',
  ],
];

describe('a value as text', () => {
  it('is exact, whatever its kind', () => {
    for (const [value, text] of TEXTS) expect(valueText(value)).toBe(text);
  });
});

describe('CSV', () => {
  it('has eight columns, quotes what must be quoted, and keeps a spreadsheet from running anything', () => {
    expect(CSV_COLUMNS.length).toBe(8);
    const row = (text: string) => readingRow({ ...reading, value: { kind: 'text', text } }, 'ab');
    expect(csvLine(row('plain'))).toBe('pump-1,MDC_X,mL/h,plain,,1970-01-01T00:00:00.000Z,ab,');
    expect(csvLine(row('a,"b"\nc'))).toContain('"a,""b""\nc"');
    expect(csvLine(row('=HYPERLINK(1)'))).toContain(",'=HYPERLINK(1),");
    expect(csvLine(row("-1+1|'cmd'!A0"))).toContain(",'-1+1|'cmd'!A0,");
    for (const number of ['-0.005 0.010', '+1', '-15e2', '5e-324']) {
      expect(csvLine(row(number))).toContain(`,${number},`);
    }
    const negative = readingRow({ ...reading, value: { kind: 'decimal', mantissa: -1, exponent: 0 } }, 'ab');
    expect(csvLine(negative)).toContain(',-1,');
  });

  it('ends with the context, as JSON in one field', () => {
    const context = new Map<number, CborValue>([
      [CONTEXT.sourceSequence, 7],
      [CONTEXT.alarm, 'a "loud",\r\n one'],
    ]);
    const line = csvLine(readingRow({ ...reading, context, value: { kind: 'flag', flag: true } }, 'ab'));
    const field = /,ab,"((?:[^"]|"")*)"$/.exec(line)?.[1] ?? '';
    expect(field).toBe('{""sourceSequence"":7,""alarm"":""a \\""loud\\"",\\r\\n one""}');
    expect(JSON.parse(field.replaceAll('""', '"'))).toEqual({ sourceSequence: 7, alarm: 'a "loud",\r\n one' });
  });

  it('says a time that no calendar has', () => {
    expect(readingRow({ ...reading, wallMs: 1e16, value: { kind: 'flag', flag: true } }, 'ab').gatewayTime).toBe(
      '10000000000000000 ms',
    );
  });
});
