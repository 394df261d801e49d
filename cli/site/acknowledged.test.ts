import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Acknowledged, type Numbered } from './acknowledged.ts';

const reading = fc.record({
  device: fc.constantFrom('pump', 'monitor'),
  code: fc.constantFrom('MDC_A', 'MDC_B'),
  unit: fc.constant('/min'),
  value: fc.constantFrom('1', '2', '3'),
});

function tally(readings: Numbered[]): Acknowledged {
  const acknowledged = new Acknowledged();
  for (const one of readings) acknowledged.add(one);
  return acknowledged;
}

test('what came back whole, in any order, is neither lost nor double', () => {
  fc.assert(
    fc.property(fc.array(reading), (readings) => {
      expect(tally(readings).compare(readings.toReversed(), 0)).toEqual({ lost: 0, duplicates: 0 });
    }),
  );
});

test('each missing reading is lost, and each one too many is a duplicate', () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1 }), (readings) => {
      expect(tally(readings).compare(readings.slice(1), 0)).toEqual({ lost: 1, duplicates: 0 });
      expect(tally(readings).compare([...readings, readings[0] as Numbered], 0)).toEqual({ lost: 0, duplicates: 1 });
      expect(tally(readings.slice(1)).compare(readings, 1)).toEqual({ lost: 0, duplicates: 0 });
    }),
  );
});

test('a decimal is itself with fewer trailing zeros, and no other', () => {
  const one = (value: string): Numbered => ({ device: 'pump', code: 'MDC_A', unit: '1', value });
  expect(tally([one('5.0'), one('0.10')]).compare([one('5'), one('0.1')], 0)).toEqual({ lost: 0, duplicates: 0 });
  expect(tally([one('50')]).compare([one('5')], 0)).toEqual({ lost: 1, duplicates: 1 });
});
