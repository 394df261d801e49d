// The simulated devices and the gateway share no code: whether they understand each other is seen only here.

import { decodePayload } from '@vitalseal/gateway';
import { CONTEXT, formatDecimal } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { emissionsOf, KINDS, type Kind } from '../../firmware-sim/devices/kinds.ts';
import { encodePayload, FORMATS } from '../../firmware-sim/payload/payload.ts';
import { seededRandom } from '../../firmware-sim/random.ts';
import { decimalText, type SimReading } from '../../firmware-sim/reading.ts';

const NOW = Date.UTC(2026, 10, 20, 10, 0, 0, 250);
const STAMP = { device: 'bed-1', group: 1, wallMs: NOW, monotonicMs: 1000, clock: 'synchronised' } as const;

/** [code, value as text] of each number, a block of samples being several. */
function numbers({ code, value }: SimReading): string[][] {
  if (value.kind === 'text') return [[code, value.text]];
  if (value.kind === 'decimal') return [[code, String(Number(decimalText(value)))]];
  const { mantissa, exponent } = value.scale;
  return Array.from(value.samples, (sample) => [
    code,
    String(Number(decimalText({ mantissa: sample * mantissa, exponent }))),
  ]);
}

describe.each(FORMATS)('the gateway reads simulated equipment in %s', (format) => {
  it.each(Object.keys(KINDS) as Kind[])('%s: every number, none unmapped', (kind) => {
    const emissions = emissionsOf([kind], seededRandom(11));
    for (let n = 0; n < 100; n++) {
      const emission = emissions.next().value;
      if (!emission) throw new Error('a device that ends');
      const { bytes, readings: count } = encodePayload(format, 'bed-1', NOW + emission.atMs, emission);
      const { readings, alarm } = decodePayload(format, bytes, { ...STAMP, wallMs: NOW + emission.atMs });
      expect(readings).toHaveLength(count);
      if (format === 'json') expect(alarm).toBe(emission.alarm);
      const got = readings.flatMap(({ code, value }): string[][] => {
        if (value.kind === 'text') return [[code, value.text]];
        if (value.kind === 'decimal') return [[code, String(Number(formatDecimal(value)))]];
        if (value.kind !== 'samples') throw new Error(`unexpected ${value.kind}`);
        const { mantissa, exponent } = value.scale;
        return Array.from(value.samples, (sample) => [
          code,
          String(Number(formatDecimal({ mantissa: Number(mantissa) * sample, exponent }))),
        ]);
      });
      expect(readings.filter(({ context }) => context?.has(CONTEXT.unmapped))).toEqual([]);
      expect(readings.some(({ context }) => context?.has(CONTEXT.sourceTimeFault))).toBe(false);
      const bare = got.map(([code = '', value]) => [code.replace(/^bed-1:/, ''), value]);
      expect(bare).toEqual(emission.readings.flatMap(numbers));
    }
  });
});
