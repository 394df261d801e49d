import { contextName, formatDecimal } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { decodeCharacteristic } from './characteristics.ts';
import { e2eCrc } from './crc.ts';
import { codeOf, expectHardened, fromHex } from './hostile.testing.ts';

const decode = (uuid: string, hex: string) => decodeCharacteristic(uuid, fromHex(hex));
const facts = (uuid: string, hex: string) => decode(uuid, hex).facts;
const records = (hex: string) =>
  decode('2AA7', hex).measurements.map(({ readings, ...rest }) => ({
    ...rest,
    said: readings.map(
      ({ code, value, unit }) =>
        `${code} ${value.kind === 'decimal' ? formatDecimal(value) : value.kind === 'special' ? value.special : ''} ${unit}`,
    ),
    context: Object.fromEntries([...(readings[0]?.context ?? [])].map(([key, entry]) => [contextName(key), entry])),
  }));

/** `hex` with the checksum that covers it. */
function secured(hex: string): string {
  const bytes = fromHex(hex);
  const crc = e2eCrc(bytes);
  return Buffer.from([...bytes, crc & 0xff, crc >> 8]).toString('hex');
}

const FULL = '0f e3 d2e4 0500 02 14 ff 02f0 e5f3 8e3f';
const TWO = '06 00 0c10 0500 06 00 0c10 0600';

describe('CGM Measurement', () => {
  it('says everything that a record carries', () => {
    const [record] = records(FULL);
    expect(record?.said).toEqual([
      'MDC_CONC_GLU_ISF 12.34 mg/dL',
      'glucoseTrend 0.2 mg/dL/min',
      'glucoseQuality 99.7 %',
    ]);
    expect(record?.context).toEqual({ sourceSequence: 5, sensorStatus: 0xff1402, outOfRange: 'below' });
    expect(record?.facts).toMatchObject({
      size: 15,
      flags: 0xe3,
      timeOffset: 5,
      status: 2,
      statusNames: ['deviceBatteryLow'],
      calTemp: 20,
      calTempNames: ['calibrationRecommended', 'sensorTemperatureTooHigh'],
      warning: 255,
      crc: 0x3f8e,
    });
    expect(record?.facts.warningNames).toHaveLength(8);
    expect(record?.record).toEqual({ sequence: 5, baseTime: null });
  });

  it('splits a packet into its records, each with its own bytes', () => {
    expect(
      records(TWO).map(({ said, record, bytes }) => [said, record?.sequence, Buffer.from(bytes).toString('hex')]),
    ).toEqual([
      [['MDC_CONC_GLU_ISF 12e1 mg/dL'], 5, '06000c100500'],
      [['MDC_CONC_GLU_ISF 12e1 mg/dL'], 6, '06000c100600'],
    ]);
  });

  it.each([
    // only the octets that are announced, in the order Status, Cal/Temp, Warning
    ['07 80 0c10 0500 08', { status: 8, statusNames: ['sensorMalfunction'] }],
    ['07 40 0c10 0500 08', { calTemp: 8, calTempNames: ['calibrationRequired'] }],
    ['07 20 0c10 0500 08', { warning: 8, warningNames: ['resultHigherThanHyperLevel'] }],
    [secured('08 00 0c10 0600'), { crc: 0x6f59 }],
  ])('%s says %j', (hex, expected) => expect(records(hex)[0]?.facts).toMatchObject(expected));

  it.each([
    ['', 'characteristic_truncated'],
    ['08 00 0c10 0600 586f', 'characteristic_crc'],
    ['05 00 0c10 05', 'characteristic_malformed'],
    ['00', 'characteristic_malformed'],
    ['07 00 0c10 0500 00', 'characteristic_truncated'],
    ['09 00 0c10 0500 000000', 'characteristic_malformed'],
    ['06 80 0c10 0500', 'characteristic_truncated'],
    [`${TWO}06 00 0c10 07`, 'characteristic_truncated'],
    ['06 00 0108 0500', 'characteristic_reserved'],
  ])('%s is refused: %s', (hex, code) => expect(codeOf(() => decode('2AA7', hex))).toBe(code));

  it('holds against any bytes', () => expectHardened('2AA7', [FULL, TWO], ['06000c100500']));
});

describe('CGM Feature', () => {
  it('names features, type and place', () =>
    expect(facts('2AA8', '6e8e01 16 ffff')).toMatchObject({
      features: 0x18e6e,
      featureNames: expect.arrayContaining(['patientHighLowAlerts', 'cgmQuality']),
      type: 6,
      typeName: 'arterialPlasma',
      sampleLocation: 1,
      sampleLocationName: 'finger',
      crc: 0xffff,
      crcSupported: false,
    }));

  it('has a checksum where it says so', () => {
    expect(facts('2AA8', secured('001000 59'))).toMatchObject({
      featureNames: ['e2eCrc'],
      typeName: 'interstitialFluid',
      sampleLocationName: 'subcutaneousTissue',
      crcSupported: true,
    });
    expect(codeOf(() => facts('2AA8', '001000 59 ffff'))).toBe('characteristic_crc');
    expect(codeOf(() => facts('2AA8', '000000 59 0000'))).toBe('characteristic_crc');
  });

  it('holds against any bytes', () => expectHardened('2AA8', ['6e8e0116ffff', secured('00100059')]));
});

describe('CGM Status, Session Start Time and Session Run Time', () => {
  it.each([
    ['2AA9', '0600 010101', { timeOffset: 6, status: 1, calTemp: 1, warning: 1, statusNames: ['sessionStopped'] }],
    ['2AA9', secured('0600 010101'), { timeOffset: 6, crc: e2eCrc(fromHex('0600010101')) }],
    [
      '2AAA',
      'e2070418 0d0818 08 04 e0c2',
      {
        sessionStartTime: '2018-04-24T13:08:24',
        timeZone: 8,
        timeZoneMinutes: 120,
        dstOffset: 4,
        dstOffsetMinutes: 60,
        crc: 0xc2e0,
      },
    ],
    [
      '2AAA',
      '00000418 0d0818 80 ff',
      {
        sessionStartTime: '0000-04-24T13:08:24',
        timeZoneMinutes: null,
        dstOffset: 255,
        dstOffsetName: 'unknown',
        dstOffsetMinutes: null,
      },
    ],
    ['2AAB', '0200 08c3', { sessionRunTime: 2, crc: 0xc308 }],
    ['2AAB', '0200', { sessionRunTime: 2 }],
  ])('%s %s', (uuid, hex, expected) => expect(facts(uuid, hex)).toMatchObject(expected));

  it.each([
    ['2AA9', '0600 010101 a7e0', 'characteristic_crc'],
    ['2AA9', '0600 0101', 'characteristic_truncated'],
    ['2AAA', 'e2070418 0d0818 08 04 e0c3', 'characteristic_crc'],
    ['2AAA', 'e2070418 0d0818 08 04 e0', 'characteristic_truncated'],
    ['2AAA', 'e2070d18 0d0818 08 04', 'time_malformed'],
    ['2AAA', 'e2070418 0d0818 39 04', 'characteristic_reserved'],
    ['2AAA', 'e2070418 0d0818 08 03', 'characteristic_reserved'],
    ['2AAB', '0200 09c3', 'characteristic_crc'],
    ['2AAB', '0200 08c3 00', 'characteristic_malformed'],
  ])('%s %s is refused: %s', (uuid, hex, code) => expect(codeOf(() => facts(uuid, hex))).toBe(code));

  it('hold against any bytes', () => {
    expectHardened('2AA9', [secured('0600010101')], ['0600010101']);
    expectHardened('2AAA', ['e20704180d08180804e0c2'], ['e20704180d08180804']);
    expectHardened('2AAB', ['020008c3'], ['0200']);
  });
});

describe('CGM Specific Ops Control Point', () => {
  it.each([
    [
      '1c 02 01',
      { opCodeName: 'responseCode', requestOpCodeName: 'getCommunicationInterval', responseCodeName: 'success' },
    ],
    ['1c 02 02 a709', { responseCodeName: 'opCodeNotSupported', crc: 0x09a7 }],
    ['03 0a 8a75', { opCodeName: 'communicationIntervalResponse', communicationInterval: 10 }],
    ['09 0cf0', { opCodeName: 'patientHighAlertLevelResponse', alertLevel: '1.2' }],
    ['0c 0bc0 34be', { opCodeName: 'patientLowAlertLevelResponse', alertLevel: '0.0011' }],
    ['15 0110', { opCodeName: 'rateOfDecreaseAlertLevelResponse', alertRate: '10' }],
    ['1a', { opCode: 26, opCodeName: 'startSession' }],
    ['05 0100', { opCodeName: 'getGlucoseCalibrationValue', calibrationRecordNumber: 1 }],
    [
      '06 0120 0a00 32 1400 0100 04 bfb2',
      {
        glucose: '100',
        calibrationTime: 10,
        typeName: 'capillaryPlasma',
        sampleLocationName: 'earlobe',
        nextCalibrationTime: 20,
        calibrationRecordNumber: 1,
        calibrationStatusNames: ['calibrationProcessPending'],
        crc: 0xb2bf,
      },
    ],
  ])('%s', (hex, expected) => expect(facts('2AAC', hex)).toMatchObject(expected));

  it.each([
    ['1c 02 02 a701', 'characteristic_crc'],
    ['06 0a01', 'characteristic_truncated'],
    ['1d', 'characteristic_reserved'],
    ['00', 'characteristic_reserved'],
    ['1a 00', 'characteristic_truncated'],
  ])('%s is refused: %s', (hex, code) => expect(codeOf(() => facts('2AAC', hex))).toBe(code));

  it('holds against any bytes', () =>
    expectHardened(
      '2AAC',
      [secured('1c0201'), '0601200a003214000100 04bfb2', '090cf0'],
      ['1c0201', '0601200a00321400010004'],
    ));
});
