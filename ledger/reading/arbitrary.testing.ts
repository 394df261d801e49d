// Readings of every shape for the property tests of this folder and of whoever carries readings.
import fc from 'fast-check';
import { canonicalText } from '../encoding/cbor.ts';
import { MANTISSA_MAX, MANTISSA_MIN, normalMantissa } from './decimal.ts';
import { CLOCK_QUALITIES, type Reading, SPECIAL_VALUES, type Value } from './reading.ts';

const name = fc.oneof(
  fc.constantFrom('pump-1', 'MDC_ECG_HEART_RATE', '/min', 'mm[Hg]', ''),
  fc.string({ unit: 'grapheme', maxLength: 30 }).map(canonicalText),
  fc.string({ unit: 'binary', maxLength: 20 }).map(canonicalText),
  fc.string({ minLength: 90, maxLength: 250 }),
);
const limit = 2 ** 48 - 1;
const count = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: limit }));
const mantissa = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.bigInt(MANTISSA_MIN, MANTISSA_MAX).map(normalMantissa),
);
const exponent = fc.oneof(fc.constantFrom(0, -1, -2), fc.integer({ min: -400, max: 400 }));

export const arbitraryValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('decimal' as const), mantissa, exponent }) },
  fc.record({ kind: fc.constant('special' as const), special: fc.constantFrom(...SPECIAL_VALUES) }),
  fc.record({ kind: fc.constant('text' as const), text: name }),
  fc.record({ kind: fc.constant('flag' as const), flag: fc.boolean() }),
  fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    kind: fc.constant('samples' as const),
    periodUs: fc.integer({ min: 1, max: 3_600_000_000 }),
    scale: fc.record({ mantissa, exponent }),
    samples: fc.int32Array({ maxLength: 40 }),
  }),
);

const contextValue = fc.oneof(
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  name,
  fc.bigInt(2n ** 60n, 2n ** 63n),
  fc.uint8Array({ maxLength: 8 }),
  fc.array(fc.nat(9), { maxLength: 4 }),
);

export const arbitraryContext = fc.option(
  fc
    .array(fc.tuple(fc.oneof(fc.nat(13), fc.integer({ min: 0, max: 2 ** 53 - 1 })), contextValue), { maxLength: 5 })
    .map((entries) => new Map(entries.sort(([a], [b]) => a - b))),
);

export const arbitraryReading: fc.Arbitrary<Reading> = fc.record({
  device: name,
  code: name,
  mdc: fc.option(fc.integer({ min: 0, max: 0xffffffff })),
  unit: name,
  value: arbitraryValue,
  deviceTime: fc.option(
    fc.oneof(
      name,
      fc.constantFrom('1763632800', '007', '-0', '2026-02-30T00:00:00Z', '2026-11-20T10:00:00.250+01:00'),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace(/\.\d+Z$/, 'Z')),
    ),
  ),
  wallMs: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_010_000 }),
    fc.integer({ min: -limit, max: limit }),
  ),
  monotonicMs: fc.oneof(fc.nat(100_000), fc.integer({ min: -limit, max: limit })),
  clock: fc.constantFrom(...CLOCK_QUALITIES),
  group: count,
  context: arbitraryContext,
  counter: count,
});

/** Several readings of few series, as real equipment sends them, mixed with anything at all. */
export const arbitraryReadings: fc.Arbitrary<Reading[]> = fc.oneof(
  fc.array(arbitraryReading, { maxLength: 30 }),
  fc
    .tuple(
      fc.array(arbitraryReading, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(3), mantissa), { maxLength: 60 }),
    )
    .map(([templates, rows]) =>
      rows.map(([which, m], counter) => {
        const template = templates[which % templates.length] as Reading;
        const value = template.value.kind === 'decimal' ? { ...template.value, mantissa: m } : template.value;
        return { ...template, value, counter, group: Math.floor(counter / 3) };
      }),
    ),
);
