import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';
import { openCsv } from './csv-recording.ts';

describe('parseCsv', () => {
  it.each<[string, string[][]]>([
    ['', []],
    ['a', [['a']]],
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n\r\n1,\r\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['"a ""quoted"", cell","two\nlines"\n', [['a "quoted", cell', 'two\nlines']]],
    ['"",x', [['', 'x']]],
    ['\u{FEFF}a, b', [['a', 'b']]],
    [
      'a;b\n"1;2";3\n',
      [
        ['a', 'b'],
        ['1;2', '3'],
      ],
    ],
    [
      'a\tb\n1\t2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
  ])('%j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows);
  });
  it('refuses an open quote', () => {
    expect(() => parseCsv('a\n"b')).toThrow('row 2');
  });
});

describe('a CSV recording', () => {
  it('with a time column: a message a row, in order, units from the titles', () => {
    const text =
      'title line,,\nTime (UTC),Glucose (mg/dL),Note\n2021-06-20T19:14:00Z,106,ok\n2021-06-20 19:09:00,101.5,\n';
    expect([...openCsv(text, 'levels').emissions]).toEqual([
      {
        atMs: 0,
        alarm: false,
        readings: [{ code: 'Glucose', unit: 'mg/dL', value: { kind: 'decimal', mantissa: 1015, exponent: -1 } }],
      },
      {
        atMs: 300_000,
        alarm: false,
        readings: [{ code: 'Glucose', unit: 'mg/dL', value: { kind: 'decimal', mantissa: 106, exponent: 0 } }],
      },
    ]);
  });

  it('with numeric times, and columns named by the caller', () => {
    const columns = { hr: { code: 'MDC_ECG_HEART_RATE', unit: '/min' } };
    const [, second] = [...openCsv('timer,hr\n0.0,60\n8.5,61\n', 'x', { timeUnit: 'ms', columns }).emissions];
    expect(second).toMatchObject({ atMs: 8.5, readings: [{ code: 'MDC_ECG_HEART_RATE', unit: '/min' }] });
  });

  it('without times: blocks of a second, exact to the last decimal', () => {
    const [first, second] = [...openCsv('0.455\n0.46\n-1\n', 'ecg', { hertz: 2 }).emissions];
    expect(first?.readings).toEqual([
      {
        code: 'ecg',
        unit: '1',
        value: {
          kind: 'samples',
          periodUs: 500_000,
          scale: { mantissa: 1, exponent: -3 },
          samples: Int32Array.of(455, 460),
        },
      },
    ]);
    expect(second?.atMs).toBe(1000);
  });

  it("in Empatica's layout: the frequency is in the file", () => {
    expect(openCsv('1560279825.0,1560279825.0\n32.0,32.0\n-61,25\n-62,24\n', 'ACC').summary).toBe(
      'ACC: 2 samples at 32 Hz of ACC_1, ACC_2',
    );
  });

  it.each(['', 'only,text\n', 'time,x\nnever,5\n'])('refuses %j', (text) => {
    expect(() => [...openCsv(text, 'x').emissions]).toThrow(expect.objectContaining({ name: 'RecordingInvalid' }));
  });
});
