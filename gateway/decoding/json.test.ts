import { formatDecimal, isVitalsealError } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDecimal, type JsonValue, parseJson } from './json.ts';

/** As JSON.parse would have it, numbers as JavaScript numbers. */
function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return isDecimal(value) ? Number(formatDecimal(value)) : value;
}

const refused = (text: string): boolean => {
  try {
    parseJson(text);
    return false;
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return true;
  }
};

describe('parseJson', () => {
  it.each([
    ['72.50', { mantissa: 7250, exponent: -2 }],
    ['-0', { mantissa: 0, exponent: 0 }],
    ['0.000', { mantissa: 0, exponent: -3 }],
    ['1.20e3', { mantissa: 120, exponent: 1 }],
    ['0.14e1', { mantissa: 14, exponent: -1 }],
    ['123456789012345678', { mantissa: 123456789012345678n, exponent: 0 }],
    ['1e400', { mantissa: 1, exponent: 400 }],
  ])('keeps the digits of %s', (text, decimal) => {
    expect(parseJson(text)).toEqual(decimal);
    expect(parseJson(`[${text}]`)).toEqual([decimal]);
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, noUnicodeString: false }), (text) => {
        const expected: unknown = JSON.parse(text);
        let read: JsonValue;
        try {
          read = parseJson(text);
        } catch (error) {
          // Half characters and exponents beyond the bound are refused on purpose.
          expect(isVitalsealError(error)).toBe(true);
          return;
        }
        // -0 is 0 here: a mantissa is an integer.
        expect(JSON.stringify(plain(read))).toBe(JSON.stringify(expected));
      }),
    );
  });

  it('refuses what JSON.parse refuses, and nothing else escapes', () => {
    const texts = fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789.-+eE \\u truefalsn\n') });
    fc.assert(
      fc.property(texts, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(refused(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    "'a'",
    '[1,]',
    '{"a":1,}',
    '{"a" 1}',
    '{a:1}',
    '[1 2]',
    '1 2',
    '"a\nb"',
    '"\\x41"',
    '"\\ud800"',
    '"abc',
    '"abc\\',
    'tru',
    '\ufeff1',
    '{"a":1,"a":2}',
    '1e401',
    '1e99999999999',
    '99999999999999999999',
  ])('refuses %j', (text) => expect(refused(text)).toBe(true));

  it('refuses depth, long names and too many of them before it builds them', () => {
    expect(refused('['.repeat(9) + ']'.repeat(9))).toBe(true);
    expect(refused('['.repeat(200_000))).toBe(true);
    expect(refused(`{"${'a'.repeat(257)}":1}`)).toBe(true);
    expect(refused(`{${Array.from({ length: 65 }, (_, i) => `"${i}":1`).join()}}`)).toBe(true);
    expect(refused('1'.repeat(200_000))).toBe(true);
  });

  it('takes any name as a name', () => {
    const object = parseJson('{"__proto__":1,"constructor":2}');
    expect(object instanceof Map && object.size).toBe(2);
  });
});
