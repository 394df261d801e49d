import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';
const ALL_WEIGHT = `0e b036 ${TIME} 02 e100 0807`;
const ALL_COMPOSITION = `fe1f e100 ${TIME} 02 401f c801 1027 e02e c02b a00f 8813 b036 0807`;

describe('Weight Measurement', () => {
  it.each([
    ['00 b036', ['MDC_MASS_BODY_ACTUAL 70.000 kg'], { flags: 0 }],
    ['01 703c', ['MDC_MASS_BODY_ACTUAL 154.72 [lb_av]'], { flags: 1 }],
    ['00 ffff', ['MDC_MASS_BODY_ACTUAL NaN kg'], { flags: 0, measurementUnsuccessful: true }],
    ['00 0100', ['MDC_MASS_BODY_ACTUAL 0.005 kg'], { flags: 0 }],
    [
      ALL_WEIGHT,
      [
        'MDC_MASS_BODY_ACTUAL 70.000 kg 2025-05-21T10:30:45 deviceUser=2',
        'MDC_RATIO_MASS_BODY_LEN_SQ 22.5 kg/m2 2025-05-21T10:30:45 deviceUser=2',
        'MDC_LEN_BODY_ACTUAL 180.0 cm 2025-05-21T10:30:45 deviceUser=2',
      ],
      { flags: 14, timestamp: '2025-05-21T10:30:45', userId: 2 },
    ],
    [
      '0d 703c ff e100 c502',
      [
        'MDC_MASS_BODY_ACTUAL 154.72 [lb_av]',
        'MDC_RATIO_MASS_BODY_LEN_SQ 22.5 kg/m2',
        'MDC_LEN_BODY_ACTUAL 70.9 [in_i]',
      ],
      { flags: 13, userId: 255, userIdName: 'unknown' },
    ],
  ])('%s', (hex, readings, facts) => expect(brief('2A9D', hex)).toEqual({ readings, facts }));
});

describe('Body Composition Measurement', () => {
  it('has ten figures', () => {
    const after = '2025-05-21T10:30:45 deviceUser=2';
    expect(brief('2A9C', ALL_COMPOSITION)).toEqual({
      readings: [
        `MDC_BODY_FAT 22.5 % ${after}`,
        `basalMetabolism 8000 kJ ${after} unmapped=true`,
        `musclePercentage 45.6 % ${after} unmapped=true`,
        `muscleMass 50.000 kg ${after} unmapped=true`,
        `MDC_MASS_BODY_FAT_FREE 60.000 kg ${after}`,
        `MDC_MASS_BODY_SOFT_LEAN 56.000 kg ${after}`,
        `MDC_BODY_WATER 20.000 kg ${after}`,
        `bodyImpedance 500.0 Ohm ${after} unmapped=true`,
        `MDC_MASS_BODY_ACTUAL 70.000 kg ${after}`,
        `MDC_LEN_BODY_ACTUAL 180.0 cm ${after}`,
      ],
      facts: { flags: 0x1ffe, timestamp: '2025-05-21T10:30:45', userId: 2, multiplePackets: true },
    });
  });

  it('has imperial units, and a measurement that failed', () => {
    expect(brief('2A9C', '010c ffff 703c c502')).toEqual({
      readings: ['MDC_BODY_FAT NaN %', 'MDC_MASS_BODY_ACTUAL 154.72 [lb_av]', 'MDC_LEN_BODY_ACTUAL 70.9 [in_i]'],
      facts: { flags: 0x0c01, multiplePackets: false, measurementUnsuccessful: true },
    });
  });

  it('refuses bytes that no flag announces', () =>
    expect(codeOf(() => brief('2A9C', '0000 e100 0100'))).toBe('characteristic_malformed'));
});

describe('what a scale can tell', () => {
  it.each([
    [
      '2A9E',
      'bf00 0000',
      {
        features: 0xbf,
        featureNames: ['timestampSupported', 'multipleUsersSupported', 'bmiSupported'],
        massResolution: 7,
        massResolutionName: '0.005 kg or 0.01 lb',
        heightResolution: 1,
        heightResolutionName: '0.01 m or 1 in',
      },
    ],
    [
      '2A9E',
      '4004 0080',
      {
        features: 0x80000440,
        featureNames: ['reserved10', 'reserved31'],
        massResolution: 8,
        massResolutionName: 'reserved8',
        heightResolution: 0,
        heightResolutionName: 'notSpecified',
      },
    ],
    [
      '2A9B',
      '1928 0100',
      {
        features: 0x012819,
        featureNames: ['timestampSupported', 'musclePercentageSupported', 'muscleMassSupported'],
        massResolution: 5,
        massResolutionName: '0.02 kg or 0.05 lb',
        heightResolution: 2,
        heightResolutionName: '0.005 m or 0.5 in',
      },
    ],
    [
      '2A9B',
      '0000 0400',
      {
        features: 0x040000,
        featureNames: ['reserved18'],
        massResolution: 0,
        massResolutionName: 'notSpecified',
        heightResolution: 0,
        heightResolutionName: 'notSpecified',
      },
    ],
  ])('%s %s', (uuid, hex, facts) => expect(brief(uuid, hex)).toEqual({ readings: [], facts }));
});

it.each([
  ['2A9D', ['00 b036', ALL_WEIGHT]],
  ['2A9C', ['0000 e100', ALL_COMPOSITION]],
  ['2A9E', ['bf000000']],
  ['2A9B', ['19280100']],
])('%s takes hostile bytes', (uuid, good) => expectHardened(uuid, good));
