import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXT, formatDecimal, fromHex } from '@vitalseal/ledger';
import { encode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { readingsOfSenml } from './readings.ts';
import { senmlFromCbor, senmlFromJson } from './record.ts';
import { type ResolvedRecord, resolveSenml } from './resolve.ts';

const stamp = { device: 'dev1', group: 0, wallMs: 1_795_000_000_000, monotonicMs: 1, clock: 'synchronised' } as const;
const resolve = (pack: unknown) => resolveSenml(senmlFromJson(typeof pack === 'string' ? pack : JSON.stringify(pack)));
const read = (pack: unknown) => readingsOfSenml(resolve(pack), stamp);
const textOf = ({ value }: ResolvedRecord) => (value?.kind === 'decimal' ? formatDecimal(value) : value?.kind);
const brief = (records: ResolvedRecord[]) => records.map((r) => [r.name, r.unit, formatDecimal(r.time), textOf(r)]);
const refusal = (code: string) => expect.objectContaining({ code });

describe('resolution (RFC 8428 section 4.6)', () => {
  it('folds base name, time and unit into the records, exactly', () => {
    const pack =
      '[{"bn":"urn:dev:ow:1:","bt":1276020076.001,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.10},' +
      '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.30},{"n":"current","t":-3,"v":0.14e1}]';
    expect(brief(resolve(pack))).toEqual([
      ['urn:dev:ow:1:voltage', 'V', '1276020076.001', '120.10'],
      ['urn:dev:ow:1:current', 'A', '1276020071.001', '1.2'],
      ['urn:dev:ow:1:current', 'A', '1276020072.001', '1.30'],
      ['urn:dev:ow:1:current', 'A', '1276020073.001', '1.4'],
    ]);
  });

  it('lets a base field hold until it is set again, from its own record on', () => {
    const pack = [
      { bn: 'a/', n: 'x', v: 1 },
      { n: 'y', v: 2 },
      { bn: 'b/', n: 'x', v: 3, bt: 100 },
      { n: 'y', v: 4 },
    ];
    expect(brief(resolve(pack))).toEqual([
      ['a/x', null, '0', '1'],
      ['a/y', null, '0', '2'],
      ['b/x', null, '100', '3'],
      ['b/y', null, '100', '4'],
    ]);
  });

  it('adds base values, and lets one stand for a missing value', () => {
    const pack = '[{"bn":"a","bv":20.0,"v":0.25},{"n":"b","t":1},{"n":"c","vs":"on"},{"n":"d","v":-20}]';
    expect(resolve(pack).map(textOf)).toEqual(['20.25', '20.0', 'text', '0.0']);
  });

  it('keeps mantissa and exponent as received where there is no base value', () => {
    const [a, b] = resolve('[{"n":"a","v":1.5e3,"t":2e2},{"n":"b","v":1e30}]');
    expect(a).toMatchObject({ value: { mantissa: 15, exponent: 2 }, time: { mantissa: 2, exponent: 2 } });
    expect(b?.value).toEqual({ kind: 'decimal', mantissa: 1, exponent: 30 });
  });

  it('adds base sums, and needs no value beside a sum', () => {
    const [a, b] = resolve('[{"bn":"a","bs":100,"s":5,"v":1},{"n":"b","s":0.5}]');
    expect(a?.sum).toEqual({ mantissa: 105, exponent: 0 });
    expect(b).toMatchObject({ value: null, sum: { mantissa: 1005, exponent: -1 } });
  });

  it('takes a record of base fields alone as no record', () => {
    expect(brief(resolve([{ bn: 'x3/0/', bt: 5 }, { n: '9', v: 85 }, { bt: 6 }]))).toEqual([
      ['x3/0/9', null, '5', '85'],
    ]);
  });

  it('reads all kinds of values', () => {
    const pack = [
      { bn: 'a', n: '1', vs: 'Machine Room' },
      { n: '2', vb: false },
      { n: '3', vd: 'aGkgCg' },
      { n: '4', v: 0 },
    ];
    expect(resolve(pack).map(({ value }) => value)).toEqual([
      { kind: 'text', text: 'Machine Room' },
      { kind: 'flag', flag: false },
      { kind: 'bytes', bytes: Uint8Array.of(0x68, 0x69, 0x20, 0x0a) },
      { kind: 'decimal', mantissa: 0, exponent: 0 },
    ]);
  });

  it('ignores unknown fields, but for those that must be understood', () => {
    expect(resolve([{ n: 'a', v: 1, extra: { deep: [1] } }])).toHaveLength(1);
    expect(() => resolve([{ n: 'a', v: 1, extra_: 1 }])).toThrow(refusal('payload_unsupported'));
  });

  it('refuses versions above 10, and different versions in one pack', () => {
    expect(() => resolve([{ n: 'a', v: 1, bver: 11 }])).toThrow(refusal('payload_unsupported'));
    expect(() =>
      resolve([
        { n: 'a', v: 1, bver: 5 },
        { n: 'b', v: 1, bver: 10 },
      ]),
    ).toThrow(refusal('payload_malformed'));
    expect(() =>
      resolve([
        { n: 'a', v: 1 },
        { n: 'b', v: 1, bver: 5 },
      ]),
    ).toThrow(refusal('payload_malformed'));
    expect(
      resolve([
        { n: 'a', v: 1 },
        { n: 'b', v: 1, bver: 10 },
      ]),
    ).toHaveLength(2);
  });

  it.each([
    ['no array', { n: 'a', v: 1 }],
    ['an empty pack', []],
    ['a record that is none', [1]],
    ['a record without a value', [{ n: 'a' }]],
    ['a record with two values', [{ n: 'a', v: 1, vs: 'x' }]],
    ['a record without a name', [{ v: 1 }]],
    ['a name with a character that is none of a name', [{ n: 'a b', v: 1 }]],
    ['a name that starts with a mark', [{ n: '_a', v: 1 }]],
    ['a long name', [{ bn: 'a'.repeat(200), n: 'b'.repeat(200), v: 1 }]],
    ['a text in place of a number', [{ n: 'a', v: '1' }]],
    ['a null value', [{ n: 'a', v: null }]],
    ['a number in place of a text', [{ n: 1, v: 1 }]],
    ['a flag that is none', [{ n: 'a', vb: 1 }]],
    ['base64 with padding', [{ n: 'a', vd: 'aGk=' }]],
    ['standard base64', [{ n: 'a', vd: 'a+/b' }]],
    ['base64 of no length', [{ n: 'a', vd: 'aGkgC' }]],
    ['a version of nothing', [{ n: 'a', v: 1, bver: 0 }]],
    ['a fractional version', [{ n: 'a', v: 1, bver: 5.5 }]],
    ['base fields alone', [{ bn: 'a' }]],
  ])('refuses %s', (_why, pack) => expect(() => read(pack)).toThrow(refusal('payload_malformed')));
});

describe('CBOR (RFC 8428 section 6)', () => {
  it('knows the labels, and text labels beside them', () => {
    const pack = encode([
      new Map<number | string, unknown>([
        [-2, 'a/'],
        [-3, 1_320_067_464],
        [-4, 'Cel'],
        [-1, 10],
        [0, 'x'],
        [2, 36.6],
      ]),
      new Map<number | string, unknown>([
        ['n', 'y'],
        [8, Uint8Array.of(1, 2)],
        [6, 5],
        [7, 60],
      ]),
    ]);
    const [x, y] = resolveSenml(senmlFromCbor(pack));
    expect(x).toMatchObject({ name: 'a/x', unit: 'Cel', value: { kind: 'decimal', mantissa: 366, exponent: -1 } });
    expect(y).toMatchObject({ name: 'a/y', value: { kind: 'bytes', bytes: Uint8Array.of(1, 2) } });
    expect(y && formatDecimal(y.time)).toBe('1320067469');
    expect(y?.updateTime).toEqual({ mantissa: 60, exponent: 0 });
  });

  it('keeps floats that are no numbers, and refuses a field said twice', () => {
    const nan = fromHex('81a200616102f97e00');
    expect(resolveSenml(senmlFromCbor(nan))[0]?.value).toEqual({ kind: 'special', special: 'NaN' });
    expect(() =>
      senmlFromCbor(
        encode([
          new Map<number | string, unknown>([
            [0, 'a'],
            ['n', 'b'],
            [2, 1],
          ]),
        ]),
      ),
    ).toThrow(refusal('payload_malformed'));
    expect(() =>
      resolveSenml(
        senmlFromCbor(
          encode([
            new Map<number | string, unknown>([
              [0, 'a'],
              [2, 1],
              ['x_', 1],
            ]),
          ]),
        ),
      ),
    ).toThrow(refusal('payload_unsupported'));
  });
});

describe('readings', () => {
  it('maps names and units where they are sure, and says what was received', () => {
    const pack =
      '[{"bn":"dev1/","bu":"beat/min","n":"heart_rate","v":72},{"n":"MDC_TEMP_BODY","u":"Cel","v":36.60},' +
      '{"n":"temperature","u":"Cel","v":21},{"n":"spo2","u":"furlong","v":97}]';
    const [heart, body, room, odd] = read(pack);
    expect(heart).toMatchObject({ code: 'MDC_ECG_HEART_RATE', mdc: 147842, unit: '/min' });
    expect(heart?.context).toEqual(new Map([[CONTEXT.sourceUnit, 'beat/min']]));
    expect(body).toMatchObject({ code: 'MDC_TEMP_BODY', unit: 'Cel', context: null });
    expect(room).toMatchObject({ code: 'dev1/temperature', mdc: null, unit: 'Cel' });
    expect(room?.context).toEqual(new Map([[CONTEXT.unmapped, true]]));
    expect(odd?.context).toEqual(
      new Map<number, unknown>([
        [CONTEXT.sourceUnit, 'furlong'],
        [CONTEXT.unmapped, true],
      ]),
    );
  });

  it('keeps the name of a sensor that the device alone does not tell', () => {
    const [reading] = read([{ bn: 'urn:dev:mac:0024befffe804ff1/', n: 'spo2', u: '%', v: 97 }]);
    expect(reading).toMatchObject({ code: 'MDC_PULS_OXIM_SAT_O2' });
    expect(reading?.context?.get(CONTEXT.sourceName)).toBe('urn:dev:mac:0024befffe804ff1/spo2');
  });

  it('gives times as they were given: nothing for now, relative below 2^28, else absolute', () => {
    const times = read(
      '[{"n":"a","v":1},{"n":"a","v":1,"t":-5.5},{"n":"a","v":1,"t":1.7950e9},{"n":"a","v":1,"t":268435456}]',
    );
    expect(times.map(({ deviceTime }) => deviceTime)).toEqual([null, '-5.5', '1795000000', '268435456']);
    expect(times[3]?.context?.get(CONTEXT.sourceTimeFault)).toBe('unset');
    expect(times[2]?.context?.has(CONTEXT.sourceTimeFault)).toBe(false);
  });

  it('gives a sum a reading of its own, under its own name', () => {
    const [value, sum] = read([{ n: 'power', u: 'W', v: 5, s: 100 }]);
    expect(value).toMatchObject({ code: 'power', unit: 'W' });
    expect(sum).toMatchObject({ code: 'power', unit: 'W.s', value: { mantissa: 100 } });
    expect(sum?.context?.get(CONTEXT.integral)).toBe(true);
  });
});

const samples = join(
  process.env.VITALSEAL_SHARED ?? join(import.meta.dirname, '../../../../shared'),
  'data/mqtt-samples/senml',
);
const present = existsSync(samples);
if (!present) console.log('skipped: the SenML samples are not here (VITALSEAL_SHARED)');

describe.skipIf(!present)('the examples of RFC 8428, from elsewhere', () => {
  const names = present ? readdirSync(samples).filter((name) => /^ex\d+\.(json|cbor)$/.test(name)) : [];
  it.each(names)('%s resolves as its .resolved.json says', (name) => {
    const bytes = readFileSync(join(samples, name));
    const records = name.endsWith('.cbor') ? senmlFromCbor(bytes) : senmlFromJson(bytes.toString());
    const expected = JSON.parse(readFileSync(join(samples, name.replace(/\.\w+$/, '.resolved.json')), 'utf8'));
    const resolved = resolveSenml(records).map((record) => {
      const absolute = Number(formatDecimal(record.time)) >= 2 ** 28;
      const { value } = record;
      return {
        n: record.name,
        ...(record.unit === null ? {} : { u: record.unit }),
        // The samples resolve "now" against the day they were made.
        ...(absolute ? { t: Number(formatDecimal(record.time)) } : {}),
        ...(value?.kind === 'decimal' ? { v: Number(formatDecimal(value)) } : {}),
        ...(value?.kind === 'text' ? { vs: value.text } : {}),
        ...(value?.kind === 'flag' ? { vb: value.flag } : {}),
        ...(value?.kind === 'bytes' ? { vd: true } : {}),
      };
    });
    const relative = resolved.every(({ t }) => t === undefined);
    for (const record of expected) if (relative) delete record.t;
    // Their resolved form leaves data values out.
    expect(resolved.filter((record) => !('vd' in record))).toEqual(expected);
    readingsOfSenml(resolveSenml(records), stamp);
  });
});
