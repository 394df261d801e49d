import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, MANTISSA_MAX, MANTISSA_MIN, normalMantissa, parseDecimal, valueFromFloat } from './decimal.ts';

describe('parseDecimal', () => {
  it.each([
    ['72', 72, 0],
    ['72.50', 7250, -2],
    ['-0.005', -5, -3],
    ['1e3', 1, 3],
    ['1.50E+2', 150, 0],
    ['.5', 5, -1],
    ['5.', 5, 0],
    ['+007', 7, 0],
    ['-0', 0, 0],
    ['0.000', 0, -3],
    ['9007199254740991', 9007199254740991, 0],
    ['9007199254740993', 9007199254740993n, 0],
    ['-9223372036854775808', MANTISSA_MIN, 0],
    ['9223372036854775807', MANTISSA_MAX, 0],
    ['100000000000000000000', 1000000000000000000n, 2],
    ['00000000000000000000072', 72, 0],
    ['5e-324', 5, -324],
  ] as const)('reads %s exactly', (text, mantissa, exponent) => {
    expect(parseDecimal(text)).toEqual({ mantissa, exponent });
  });

  it.each(['', '-', '.', 'e5', '1e', 'NaN', 'Infinity', '0x10', '1 ', ' 1', '1,5', '1_000', '1e99999', '1e-401', '١'])(
    'refuses %j',
    (text) => expect(() => parseDecimal(text)).toThrow(expect.objectContaining({ code: 'value_malformed' })),
  );

  it('refuses more digits than 64 bits hold, and long texts without reading them', () => {
    for (const text of ['9223372036854775808', '-9223372036854775809', '0.12345678901234567891', '1'.repeat(1e6)]) {
      expect(() => parseDecimal(text)).toThrow(expect.objectContaining({ code: 'value_malformed' }));
    }
  });

  it('is undone by formatDecimal for every mantissa and exponent', () => {
    fc.assert(
      fc.property(fc.bigInt(MANTISSA_MIN, MANTISSA_MAX), fc.integer({ min: -400, max: 400 }), (wide, exponent) => {
        const decimal = { mantissa: normalMantissa(wide), exponent };
        expect(parseDecimal(formatDecimal(decimal))).toEqual(decimal);
      }),
    );
  });
});

describe('formatDecimal', () => {
  it.each([
    [7250, -2, '72.50'],
    [-5, -3, '-0.005'],
    [0, -2, '0.00'],
    [15, 2, '15e2'],
    [72, 0, '72'],
  ])('writes %d × 10^%d as %s', (mantissa, exponent, text) => {
    expect(formatDecimal({ mantissa, exponent })).toBe(text);
  });
});

describe('valueFromFloat', () => {
  it('gives the shortest decimal of each width', () => {
    const text = (float: number, bits: 16 | 32 | 64) => {
      const value = valueFromFloat(float, bits);
      return value.kind === 'decimal' ? formatDecimal(value) : value.kind;
    };
    expect(text(Math.fround(0.1), 32)).toBe('0.1');
    expect(text(Math.fround(0.1), 64)).toBe('0.10000000149011612');
    expect(text(0.0999755859375, 16)).toBe('0.1');
    expect(text(65504, 16)).toBe('65500');
    expect(text(2 ** -24, 16)).toBe('0.00000006');
    expect(text(36.6, 64)).toBe('36.6');
    expect(text(-0, 64)).toBe('0');
    expect(text(1e21, 64)).toBe('1e21');
  });

  it('reads back as the same 32-bit and 64-bit float', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        for (const [float, bits] of [[double, 64] as const, [Math.fround(double), 32] as const]) {
          const value = valueFromFloat(float, bits);
          if (value.kind !== 'decimal') return;
          const back = Number(formatDecimal(value));
          expect(bits === 32 ? Math.fround(back) : back).toBe(float === 0 ? 0 : float);
        }
      }),
    );
  });

  it('keeps what is not a number as such', () => {
    expect(valueFromFloat(Number.NaN, 32)).toEqual({ kind: 'special', special: 'NaN' });
    expect(valueFromFloat(Number.POSITIVE_INFINITY, 16)).toEqual({ kind: 'special', special: '+INF' });
    expect(valueFromFloat(Number.NEGATIVE_INFINITY, 64)).toEqual({ kind: 'special', special: '-INF' });
  });
});
