import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';

describe('temperatures', () => {
  it.each([
    ['2A1C', '00 6c0100ff', 'MDC_TEMP_BODY 36.4 Cel', { flags: 0 }],
    ['2A1C', '01 da0300ff', 'MDC_TEMP_BODY 98.6 [degF]', { flags: 1 }],
    ['2A1C', '00 ffff7f00', 'MDC_TEMP_BODY NaN Cel', { flags: 0 }],
    ['2A1C', '00 040e00fe', 'MDC_TEMP_BODY 35.88 Cel', { flags: 0 }],
    [
      '2A1C',
      `06 6c0100ff ${TIME} 09`,
      'MDC_TEMP_BODY 36.4 Cel 2025-05-21T10:30:45 bodySite=tympanum',
      { flags: 6, timestamp: '2025-05-21T10:30:45', type: 9, typeName: 'tympanum' },
    ],
    ['2A1C', '04 6c0100ff 0c', 'MDC_TEMP_BODY 36.4 Cel', { flags: 4, type: 12, typeName: 'reserved12' }],
    [
      '2A1E',
      '04 6c0100ff 01',
      'MDC_TEMP_BODY 36.4 Cel bodySite=armpit sourceName=intermediate',
      { flags: 4, type: 1, typeName: 'armpit', intermediate: true },
    ],
  ])('%s %s', (uuid, hex, reading, facts) => expect(brief(uuid, hex)).toEqual({ readings: [reading], facts }));

  it.each([
    ['06 6c0100ff e907 02 1e 0a 1e 2d 09', 'time_malformed'], // 30 February
    ['02 6c0100ff', 'characteristic_truncated'],
    ['00 6c0100ff 01', 'characteristic_malformed'],
    ['00 01008000', 'characteristic_reserved'],
  ])('refuses %s', (hex, code) => expect(codeOf(() => brief('2A1C', hex))).toBe(code));
});

describe('the rest of the Health Thermometer service', () => {
  it.each([
    ['2A1D', '04', { type: 4, typeName: 'finger' }],
    ['2A1D', '00', { type: 0, typeName: 'reserved0' }],
    ['2A21', '2c01', { measurementInterval: 300 }],
  ])('%s %s', (uuid, hex, facts) => expect(brief(uuid, hex)).toEqual({ readings: [], facts }));
});

it.each([
  ['2A1C', ['00 6c0100ff', `07 6c0100ff ${TIME} 09`]],
  ['2A1E', ['00 6c0100ff', `07 6c0100ff ${TIME} 09`]],
  ['2A1D', ['04']],
  ['2A21', ['2c01']],
])('%s takes hostile bytes', (uuid, good) => expectHardened(uuid, good));
