import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';

describe('Blood Pressure Measurement', () => {
  it('has three pressures, which may be none, in the unit of the cuff', () => {
    expect(brief('2A35', '00 7800 5000 ff07')).toEqual({
      readings: [
        'MDC_PRESS_BLD_NONINV_SYS 120 mm[Hg]',
        'MDC_PRESS_BLD_NONINV_DIA 80 mm[Hg]',
        'MDC_PRESS_BLD_NONINV_MEAN NaN mm[Hg]',
      ],
      facts: { flags: 0 },
    });
    expect(brief('2A35', '01 a0f0 6bf0 7df0').readings).toEqual([
      'MDC_PRESS_BLD_NONINV_SYS 16.0 kPa',
      'MDC_PRESS_BLD_NONINV_DIA 10.7 kPa',
      'MDC_PRESS_BLD_NONINV_MEAN 12.5 kPa',
    ]);
  });

  it('has everything else that it may have', () => {
    const common = 'mm[Hg] 2025-05-21T10:30:45 status=37 deviceUser=2';
    expect(brief('2A35', `1e 7800 5000 5d00 ${TIME} 4800 02 2500`)).toEqual({
      readings: [
        `MDC_PRESS_BLD_NONINV_SYS 120 ${common}`,
        `MDC_PRESS_BLD_NONINV_DIA 80 ${common}`,
        `MDC_PRESS_BLD_NONINV_MEAN 93 ${common}`,
        'MDC_PULS_RATE_NON_INV 72 /min 2025-05-21T10:30:45 status=37 deviceUser=2',
      ],
      facts: {
        flags: 30,
        timestamp: '2025-05-21T10:30:45',
        userId: 2,
        status: 37,
        statusNames: ['bodyMovementDetected', 'irregularPulseDetected', 'improperMeasurementPosition'],
        pulseRateRange: 'within',
      },
    });
  });

  it.each([
    [0x08, ['pulseRateAboveUpperLimit'], 'above', ' outOfRange=above'],
    [0x10, ['pulseRateBelowLowerLimit'], 'below', ' outOfRange=below'],
    [0x18, ['reserved3', 'reserved4'], 'reserved', ''],
    [0x42, ['cuffTooLoose', 'reserved6'], 'within', ''],
  ])('status %d', (status, statusNames, pulseRateRange, context) => {
    const hex = `14 7800 5000 5d00 4800 ${status.toString(16).padStart(2, '0')}00`;
    const { readings, facts } = brief('2A35', hex);
    expect(facts).toEqual({ flags: 20, status, statusNames, pulseRateRange });
    expect(readings[3]).toBe(`MDC_PULS_RATE_NON_INV 72 /min status=${status}${context}`);
    // The range is the pulse rate's alone.
    expect(readings[0]).toBe(`MDC_PRESS_BLD_NONINV_SYS 120 mm[Hg] status=${status}`);
  });

  it('says that the user is unknown, and blames no user', () => {
    const { readings, facts } = brief('2A35', '08 7800 5000 5d00 ff');
    expect(facts).toEqual({ flags: 8, userId: 255, userIdName: 'unknown' });
    expect(readings[0]).toBe('MDC_PRESS_BLD_NONINV_SYS 120 mm[Hg]');
  });

  it.each([
    ['00 7800 5000 0108', 'characteristic_reserved'],
    ['02 7800 5000 5d00 e907 0d 15 0a 1e 2d', 'time_malformed'],
    ['20 7800 5000 5d00 00', 'characteristic_malformed'],
  ])('refuses %s', (hex, code) => expect(codeOf(() => brief('2A35', hex))).toBe(code));
});

describe('the rest of the Blood Pressure service', () => {
  it('reads the pressure in the cuff, and keeps what a cuff puts in the unused fields', () => {
    expect(brief('2A36', '04 9600 ff07 0000 4800')).toEqual({
      readings: ['cuffPressure 150 mm[Hg] unmapped=true', 'MDC_PULS_RATE_NON_INV 72 /min'],
      facts: { flags: 4, unusedValues: ['NaN', '0'] },
    });
  });

  it('reads what the cuff can tell', () => {
    expect(brief('2A49', '2502')).toEqual({
      readings: [],
      facts: {
        features: 0x225,
        featureNames: [
          'bodyMovementDetectionSupported',
          'irregularPulseDetectionSupported',
          'multipleBondsSupported',
          'reserved9',
        ],
      },
    });
  });
});

it.each([
  ['2A35', ['00 7800 5000 ff07', `1f 7800 5000 5d00 ${TIME} 4800 02 2500`]],
  ['2A36', ['00 7800 ff07 ff07', `1f 7800 ff07 ff07 ${TIME} 4800 02 2500`]],
  ['2A49', ['2502']],
])('%s takes hostile bytes', (uuid, good) => expectHardened(uuid, good));
