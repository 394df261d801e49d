import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { describeCharacteristic } from './described.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

describe('Heart Rate Measurement', () => {
  it.each([
    ['00 48', ['MDC_HF_HR 72 /min'], { flags: 0, sensorContact: 'not-supported' }],
    ['01 4801', ['MDC_HF_HR 328 /min'], { flags: 1, sensorContact: 'not-supported' }],
    ['02 48', ['MDC_HF_HR 72 /min'], { flags: 2, sensorContact: 'not-supported' }], // contact unsupported, bit set
    ['04 00', ['MDC_HF_HR 0 /min sensorContact=absent'], { flags: 4, sensorContact: 'absent' }],
    ['06 48', ['MDC_HF_HR 72 /min sensorContact=detected'], { flags: 6, sensorContact: 'detected' }],
    ['08 48 feff', ['MDC_HF_HR 72 /min', 'MDC_HF_ENERGY 65534 kJ'], { flags: 8, sensorContact: 'not-supported' }],
    [
      '08 48 ffff',
      ['MDC_HF_HR 72 /min', 'MDC_HF_ENERGY 65535 kJ outOfRange=above'],
      { flags: 8, sensorContact: 'not-supported' },
    ],
    [
      '19 4800 0100 0004 0100',
      [
        'MDC_HF_HR 72 /min',
        'MDC_HF_ENERGY 1 kJ',
        'MDC_ECG_TIME_PD_RR_GL 1000 ms',
        'MDC_ECG_TIME_PD_RR_GL 0.9765625 ms',
      ],
      { flags: 25, sensorContact: 'not-supported', rrIntervals: [1024, 1] },
    ],
  ])('%s', (hex, readings, facts) => expect(brief('2A37', hex)).toEqual({ readings, facts }));

  it.each([
    ['', 'characteristic_truncated'],
    ['10 48', 'characteristic_truncated'], // announces intervals, has none
    ['10 48 0004 01', 'characteristic_truncated'], // half an interval
    ['00 48 0004', 'characteristic_malformed'], // intervals that nothing announces
  ])('refuses %j', (hex, code) => expect(codeOf(() => brief('2A37', hex))).toBe(code));

  it('gives every interval in exact milliseconds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 100 }), (intervals) => {
        const bytes = new Uint8Array([0x10, 60, ...intervals.flatMap((one) => [one & 0xff, one >> 8])]);
        const { readings } = describeCharacteristic('2A37', bytes);
        // n × 1000/1024 is a binary fraction: a double holds it, and writes it, exactly.
        expect(readings.slice(1).map(({ value }) => value)).toEqual(intervals.map((one) => String((one * 125) / 128)));
      }),
    );
  });

  it('takes hostile bytes', () => {
    const shorter = ['10 48 0004'];
    expectHardened(
      '2A37',
      ['00 48', '09 4801 0200', '1f 4801 0200 0004', '10 48 0004 0004'],
      [...shorter, '1f 4801 0200 0004'],
    );
  });
});

describe('the rest of the Heart Rate service', () => {
  it.each([
    ['2A38', '01', { bodySensorLocation: 1, bodySensorLocationName: 'chest' }],
    ['2A38', '06', { bodySensorLocation: 6, bodySensorLocationName: 'foot' }],
    ['2A38', '07', { bodySensorLocation: 7, bodySensorLocationName: 'reserved7' }],
    ['2A39', '01', { command: 1, commandName: 'resetEnergyExpended' }],
  ])('%s %s', (uuid, hex, facts) => expect(brief(uuid, hex)).toEqual({ readings: [], facts }));

  it('refuses a reserved command', () => expect(codeOf(() => brief('2A39', '02'))).toBe('characteristic_reserved'));

  it.each(['2A38', '2A39'])('%s takes hostile bytes', (uuid) => expectHardened(uuid, ['01']));
});
