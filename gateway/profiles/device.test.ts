// What a device says of itself: battery, make and model, clock.
import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const text = (value: string) => Buffer.from(value).toString('hex');

describe('Battery Level', () => {
  it.each([
    ['00', '0'],
    ['64', '100'],
  ])('%s', (hex, level) => {
    expect(brief('2A19', hex)).toEqual({ readings: [`MDC_ATTR_VAL_BATT_CHARGE ${level} %`], facts: {} });
  });
  it('is at most 100', () => expect(codeOf(() => brief('2A19', '65'))).toBe('characteristic_reserved'));
});

describe('Device Information', () => {
  it.each([
    ['2A00', text('Scale é'), { deviceName: 'Scale é' }],
    ['2A29', `${text('A&D Medical')}0000`, { manufacturerName: 'A&D Medical' }],
    ['2A24', '', { modelNumber: '' }],
    ['2A25', text('A\0B'), { serialNumber: 'A\0B' }],
    ['2A26', text('1.0'), { firmwareRevision: '1.0' }],
    ['2A27', text('2'), { hardwareRevision: '2' }],
    ['2A28', text('3'), { softwareRevision: '3' }],
    [
      '2A23',
      '0102030405 0a0b0c',
      {
        systemId: '0c0b0a0504030201',
        manufacturerIdentifier: '0504030201',
        organizationallyUniqueIdentifier: '0c0b0a',
      },
    ],
    ['2A2A', '00020014', { regulatoryCertificationData: '00020014' }],
    [
      '2A50',
      '01 5900 0100 1002',
      { vendorIdSource: 1, vendorIdSourceName: 'bluetoothSig', vendorId: 89, productId: 1, productVersion: 528 },
    ],
    [
      '2A50',
      '03 5900 0100 1002',
      { vendorIdSource: 3, vendorIdSourceName: 'reserved3', vendorId: 89, productId: 1, productVersion: 528 },
    ],
  ])('%s %s', (uuid, hex, facts) => expect(brief(uuid, hex)).toEqual({ readings: [], facts }));

  it('refuses a text that is none', () => expect(codeOf(() => brief('2A29', 'c328'))).toBe('characteristic_malformed'));
});

describe('clocks', () => {
  it.each([
    ['2A08', 'e907 05 15 0a 1e 2d', { time: '2025-05-21T10:30:45' }],
    [
      '2A2B',
      'e907 05 15 0a 1e 2d 03 80 0d',
      {
        time: '2025-05-21T10:30:45',
        dayOfWeek: 3,
        dayOfWeekName: 'wednesday',
        fractions256: 128,
        adjustReason: 13,
        adjustReasonNames: ['manualTimeUpdate', 'changeOfTimeZone', 'changeOfDaylightSavingTime'],
      },
    ],
    [
      '2A0F',
      '04 04',
      { timeZone: 4, timeZoneMinutes: 60, dstOffset: 4, dstOffsetName: 'daylightTime', dstOffsetMinutes: 60 },
    ],
    [
      '2A0F',
      'd0 00',
      { timeZone: -48, timeZoneMinutes: -720, dstOffset: 0, dstOffsetName: 'standardTime', dstOffsetMinutes: 0 },
    ],
    [
      '2A0F',
      '80 ff',
      { timeZone: -128, timeZoneMinutes: null, dstOffset: 255, dstOffsetName: 'unknown', dstOffsetMinutes: null },
    ],
    [
      '2A14',
      '01 08 02 03',
      {
        timeSource: 1,
        timeSourceName: 'networkTimeProtocol',
        timeAccuracy: 8,
        daysSinceUpdate: 2,
        hoursSinceUpdate: 3,
      },
    ],
    [
      '2A14',
      '09 ff ff ff',
      {
        timeSource: 9,
        timeSourceName: 'reserved9',
        timeAccuracy: 255,
        timeAccuracyName: 'unknown',
        daysSinceUpdate: 255,
        daysSinceUpdateName: '255 or more',
        hoursSinceUpdate: 255,
        hoursSinceUpdateName: '255 or more',
      },
    ],
  ])('%s %s', (uuid, hex, facts) => expect(brief(uuid, hex)).toEqual({ readings: [], facts }));

  it.each([
    ['2A2B', 'e907 05 15 0a 1e 2d 08 80 00', 'time_malformed'],
    ['2A2B', 'e907 05 20 0a 1e 2d 03 80 00', 'time_malformed'],
    ['2A0F', '39 00', 'characteristic_reserved'],
    ['2A0F', '00 03', 'characteristic_reserved'],
    ['2A08', 'e907 05 15 0a 1e 2d 00', 'characteristic_malformed'],
  ])('%s refuses %s', (uuid, hex, code) => expect(codeOf(() => brief(uuid, hex))).toBe(code));
});

it.each([
  ['2A19', ['64']],
  ['2A23', ['01020304050a0b0c']],
  ['2A50', ['01590001001002']],
  ['2A08', ['e90705150a1e2d']],
  ['2A2B', ['e90705150a1e2d03800d']],
  ['2A0F', ['0404']],
  ['2A14', ['01080203']],
])('%s takes hostile bytes', (uuid, good) => expectHardened(uuid, good));

it.each(['2A00', '2A24', '2A25', '2A26', '2A27', '2A28', '2A29', '2A2A'])('%s takes hostile bytes', (uuid) => {
  // Every beginning of a text is a text.
  expectHardened(uuid, ['414243'], ['', '41', '4142']);
});
