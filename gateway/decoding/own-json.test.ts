import { CONTEXT, type Value } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { decodeOwnJson } from './own-json.ts';

const stamp = {
  device: 'monitor',
  group: 7,
  wallMs: Date.parse('2026-11-20T10:00:01Z'),
  monotonicMs: 5000,
  clock: 'synchronised',
} as const;
const decode = (message: unknown) =>
  decodeOwnJson(typeof message === 'string' ? message : JSON.stringify(message), stamp);
const one = (reading: unknown) => decode({ readings: [reading] }).readings[0];
const hr = { code: 'MDC_ECG_HEART_RATE', value: 72, unit: '/min' };

describe('decodeOwnJson', () => {
  it('reads the example of the design', () => {
    const { readings, alarm } = decode(
      '{"time":"2026-11-20T10:00:00.250Z","readings":[{"code":"MDC_ECG_HEART_RATE","value":72.50,"unit":"/min"},' +
        '{"code":"MDC_ECG_ELEC_POTL_II","unit":"mV","period_ms":4,"scale":0.005,"samples":[3,5,-7]}],"alarm":true}',
    );
    expect(alarm).toBe(true);
    const shared = {
      device: 'monitor',
      group: 7,
      wallMs: stamp.wallMs,
      monotonicMs: 5000,
      clock: 'synchronised',
      deviceTime: '2026-11-20T10:00:00.250Z',
      context: new Map([[CONTEXT.alarm, true]]),
    };
    expect(readings).toEqual([
      {
        ...shared,
        code: 'MDC_ECG_HEART_RATE',
        mdc: 147842,
        unit: '/min',
        value: { kind: 'decimal', mantissa: 7250, exponent: -2 },
      },
      {
        ...shared,
        code: 'MDC_ECG_ELEC_POTL_II',
        mdc: 131330,
        unit: 'mV',
        value: {
          kind: 'samples',
          periodUs: 4000,
          scale: { mantissa: 5, exponent: -3 },
          samples: Int32Array.of(3, 5, -7),
        },
      },
    ]);
  });

  it.each<[unknown, Value]>([
    ['NaN', { kind: 'special', special: 'NaN' }],
    ['NRes', { kind: 'special', special: 'NRes' }],
    ['+INF', { kind: 'special', special: '+INF' }],
    ['-INF', { kind: 'special', special: '-INF' }],
    ['lead off', { kind: 'text', text: 'lead off' }],
    [true, { kind: 'flag', flag: true }],
    [-0.5, { kind: 'decimal', mantissa: -5, exponent: -1 }],
  ])('keeps %j as it is', (value, expected) => expect(one({ ...hr, value })?.value).toEqual(expected));

  it('takes a code by name, by number and by both, and keeps what it does not know', () => {
    const known = { code: 'MDC_ECG_HEART_RATE', mdc: 147842, context: null };
    for (const code of ['MDC_ECG_HEART_RATE', 147842, '147842^MDC_ECG_HEART_RATE']) {
      expect(one({ ...hr, code })).toMatchObject(known);
    }
    expect(one({ ...hr, mdc: 147842 })).toMatchObject(known);
    const unknown = { mdc: null, context: new Map([[CONTEXT.unmapped, true]]) };
    expect(one({ ...hr, code: 'lactate' })).toMatchObject({ ...unknown, code: 'lactate' });
    expect(one({ ...hr, code: 4711 })).toMatchObject({ ...unknown, code: '4711' });
    expect(one({ ...hr, code: '4711^MDC_X' })).toMatchObject({ ...unknown, code: 'MDC_X' });
  });

  it.each([
    [{ ...hr, code: '147842^MDC_TEMP_BODY' }],
    [{ ...hr, code: '150364^MDC_ECG_HEART_RATE' }],
    [{ ...hr, code: '147842^MDC_SOMETHING_ELSE' }],
    [{ ...hr, code: '4711^MDC_ECG_HEART_RATE' }],
    [{ ...hr, mdc: 150364 }],
    [{ ...hr, code: '147842^MDC_ECG_HEART_RATE', mdc: 150364 }],
  ])('quarantines a number and a name that disagree: %j', (reading) => {
    expect(() => one(reading)).toThrow(expect.objectContaining({ code: 'payload_malformed' }));
  });

  it('prefers the time of the reading, and flags clocks that cannot be right', () => {
    const at = (time: string) => {
      const reading = decode({ time: '2026-11-20T10:00:00Z', readings: [{ ...hr, time }] }).readings[0];
      return [reading?.deviceTime, reading?.context?.get(CONTEXT.sourceTimeFault) ?? null];
    };
    expect(at('2026-11-20T09:59:58.1234567+01:00')).toEqual(['2026-11-20T09:59:58.1234567+01:00', null]);
    expect(at('2026-11-20T10:00:00')).toEqual(['2026-11-20T10:00:00', null]);
    expect(at('1970-01-01T00:00:12Z')).toEqual(['1970-01-01T00:00:12Z', 'unset']);
    expect(at('2036-11-20T10:00:00Z')).toEqual(['2036-11-20T10:00:00Z', 'ahead']);
    expect(at('20261120100000')).toEqual(['20261120100000', 'unreadable']);
    expect(at('2026-13-20T10:00:00Z')).toEqual(['2026-13-20T10:00:00Z', 'unreadable']);
  });

  it.each([
    ['not an object', [hr]],
    ['no readings', {}],
    ['empty readings', { readings: [] }],
    ['a reading that is none', { readings: [1] }],
    ['an unknown name', { readings: [hr], extra: 1 }],
    ['a misspelt name', { readings: [{ code: 'a', vale: 1, unit: '1' }] }],
    ['no value', { readings: [{ code: 'a', unit: '1' }] }],
    ['a null value', { readings: [{ ...hr, value: null }] }],
    ['an object as a value', { readings: [{ ...hr, value: {} }] }],
    ['a number without a unit', { readings: [{ code: 'a', value: 1 }] }],
    ['no code', { readings: [{ value: 1, unit: '1' }] }],
    ['an empty code', { readings: [{ ...hr, code: '' }] }],
    ['a long code', { readings: [{ ...hr, code: 'x'.repeat(257) }] }],
    ['a code that is long in UTF-8', { readings: [{ ...hr, code: '漢'.repeat(90) }] }],
    ['a fractional code number', { readings: [{ ...hr, code: 1.5 }] }],
    ['an alarm that is no flag', { readings: [hr], alarm: 'yes' }],
    ['value and samples', { readings: [{ ...hr, samples: [1], period_ms: 4 }] }],
    ['samples without a period', { readings: [{ code: 'a', unit: 'mV', samples: [1] }] }],
    ['no samples', { readings: [{ code: 'a', unit: 'mV', samples: [], period_ms: 4 }] }],
    ['a period without samples', { readings: [{ ...hr, period_ms: 4 }] }],
    ['too many readings', { readings: new Array(4097).fill(hr) }],
  ])('refuses %s', (_why, message) => {
    expect(() => decode(message)).toThrow(expect.objectContaining({ code: 'payload_malformed' }));
  });

  it.each([
    ['a fractional sample', { samples: [1.5] }],
    ['a sample beyond 32 bits', { samples: [2 ** 31] }],
    ['a period of nothing', { samples: [1], period_ms: 0 }],
    ['a period of hours', { samples: [1], period_ms: 1e9 }],
  ])('refuses %s', (_why, samples) => {
    const reading = { code: 'a', unit: 'mV', period_ms: 4, ...samples };
    expect(() => one(reading)).toThrow(expect.objectContaining({ code: 'value_malformed' }));
  });

  it('refuses a time that is no text', () => {
    expect(() => decode({ time: 5, readings: [hr] })).toThrow(expect.objectContaining({ code: 'time_malformed' }));
  });
});
