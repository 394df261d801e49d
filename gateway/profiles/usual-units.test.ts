// The unit in which a profile gives a measurement is the usual one of the table, so that one code is not met in two units
// without need: a power of ten is exact in a decimal.
import { describe, expect, it } from 'vitest';
import { termOfRefid } from '../codes/mdc.ts';
import { describeCharacteristic } from './described.ts';
import { fromHex } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';

/** Every reading that the characteristic can have, in the metric units. */
const PACKETS = [
  ['2A18', `02 0100 ${TIME} 64b0 11`],
  ['2A18', `08 0100 ${TIME} 2000`],
  ['2A19', '64'],
  ['2A1C', '00 6c0100ff'],
  ['2A34', '7f 0700 03 64a0 04 12 3c00 32 04 7bc0 41f0'],
  ['2A35', '04 7800 5000 5d00 4800'],
  ['2A37', '18 48 0100 0004'],
  ['2A5F', '10 6200 4000 6400'],
  ['2A9C', 'f80f e100 401f c801 1027 e02e c02b a00f 8813 b036 0807'],
  ['2A9D', '08 b036 e100 0807'],
  ['2AA7', '06 00 0c10 0500'],
] as const;

/** Given as they are sent, in the units of the Glucose service. */
const AS_SENT: Readonly<Record<string, string>> = {
  MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD: 'kg/L',
  MDC_CTXT_GLU_CARB: 'kg',
  MDC_CTXT_MEDICATION: 'L',
};

describe('the unit of a measurement of the table', () => {
  it.each(PACKETS)('%s %s', (uuid, hex) => {
    const { readings } = describeCharacteristic(uuid, fromHex(hex));
    const known = readings.filter(({ mdc }) => mdc !== null);
    expect(known.length).toBeGreaterThan(0);
    for (const { code, unit } of known) {
      const usual = termOfRefid(code ?? '')?.ucum;
      expect([code, unit]).toEqual([code, AS_SENT[code ?? ''] ?? usual]);
    }
  });
});
