import { type Decimal, formatDecimal, isVitalsealError, parseDecimal } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimals, integerOf, isBelow } from './arithmetic.ts';

const decimals = fc.record({ mantissa: fc.maxSafeInteger(), exponent: fc.integer({ min: -30, max: 30 }) });
/** The value times 10^60, exactly. */
const exact = (d: Decimal) => BigInt(d.mantissa) * 10n ** BigInt(d.exponent + 60);

describe('addDecimals', () => {
  it.each([
    ['1276020076.001', '-5', '1276020071.001'],
    ['0.1', '0.2', '0.3'],
    ['20', '0.50', '20.50'],
    ['1e2', '1', '101'],
  ])('%s + %s = %s', (a, b, sum) => {
    expect(formatDecimal(addDecimals(parseDecimal(a), parseDecimal(b)))).toBe(sum);
  });

  it('is exact, or fails', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        try {
          expect(exact(addDecimals(a, b))).toBe(exact(a) + exact(b));
        } catch (error) {
          if (!isVitalsealError(error, 'value_malformed')) throw error;
        }
      }),
    );
  });
});

describe('isBelow', () => {
  it('compares exactly', () => {
    fc.assert(
      fc.property(decimals, fc.maxSafeInteger(), (d, limit) => {
        expect(isBelow(d, limit)).toBe(exact(d) < BigInt(limit) * 10n ** 60n);
      }),
    );
    expect(isBelow(parseDecimal('268435455.999'), 2 ** 28)).toBe(true);
    expect(isBelow(parseDecimal('268435456'), 2 ** 28)).toBe(false);
  });
});

describe('integerOf', () => {
  it.each([
    ['10', 10],
    ['1e1', 10],
    ['10.0', 10],
    ['10.5', null],
    ['1e300', null],
    ['123456789012345678', null],
  ])('%s', (text, integer) => expect(integerOf(parseDecimal(text))).toBe(integer));
});
