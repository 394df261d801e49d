import { contextName, formatDecimal, type Value } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { decodeCharacteristic } from './characteristics.ts';
import type { Facts } from './decoded.ts';
import { decodeObservation } from './health-sensor.ts';
import { codeOf, expectHardened, fromHex } from './hostile.testing.ts';

const live = (body: string) => decodeObservation(fromHex(body), false);
const facts = (uuid: string, hex: string) => decodeCharacteristic(uuid, fromHex(hex)).facts;

function text(value: Value): string {
  switch (value.kind) {
    case 'decimal':
      return formatDecimal(value);
    case 'special':
      return value.special;
    case 'text':
      return value.text;
    case 'flag':
      return String(value.flag);
    case 'bytes':
      return Buffer.from(value.bytes).toString('hex');
    case 'samples':
      return `${value.samples.join(' ')} × ${formatDecimal(value.scale)} each ${value.periodUs} µs`;
  }
}

function said(body: string): string[] {
  return live(body).measurements.flatMap(({ readings }) =>
    readings.map(({ code, value, unit }) => `${code} ${text(value)} ${unit}`.trim()),
  );
}

/** A body of `classType`, with its length. */
function body(classType: number, rest: string): string {
  const octets = fromHex(rest);
  return Buffer.from([classType, octets.length & 0xff, octets.length >> 8, ...octets]).toString('hex');
}

/** 2021-11-20T11:50:10Z, from the cellular network, on the current timeline. */
const TIME = '22 729d2b290000 06 00';
// type, time, patient 1, one supplement; 98 %
const SATURATION = body(1, `6300 b84b0200 ${TIME} 01 01 3c4c0200 2002 62000000`);
const PRESSURE = body(
  7,
  `1300 044a0200 ${TIME} 40e20100 03 054a0200 01 200f 64000000 064a0200 01 200f 3c000000 074a0200 01 200f 50000000`,
);
const WAVEFORM = body(4, '0100 01010200 b210 050000fd 00f8ff00 0a0000fd 01 02 03000000 0008 0908 f907');
const BUNDLE = body(
  255,
  `4200 ${TIME} 01 3c4c0200 02 ${body(1, '0100 b84b0200 2002 62000000')} ${body(1, '0100 1a480200 a00a 48000000')}`,
);
const EVENTS = body(5, '8100 f0558000 01 40e20100 02 f0000300 ae010300');
const STATES = body(6, '0100 f0558000 02 ff00 0f00 0100');
const STRING = body(3, '0100 00100100 0300 4d616e');
const ATTRIBUTES = body(8, '0100 00200100 02 b84b0200 0100 04 62 00100100 0200 19 6f6b');

describe('a health observation', () => {
  it('of numbers says who, when and what', () => {
    const [measurement] = live(SATURATION).measurements;
    const [reading] = measurement?.readings ?? [];
    expect(reading).toMatchObject({
      code: 'MDC_PULS_OXIM_SAT_O2',
      mdc: 150456,
      unit: '%',
      value: { kind: 'decimal', mantissa: 98, exponent: 0 },
      deviceTime: '2021-11-20T11:50:10Z',
    });
    expect([...(reading?.context ?? [])].map(([key, value]) => [contextName(key), value])).toEqual([
      ['deviceUser', 1],
      ['supplementalInformation', [150588]],
    ]);
    expect(measurement?.facts).toMatchObject({
      classTypeName: 'numeric',
      length: 27,
      flags: 0x63,
      observationType: 150456,
      patient: 1,
      supplementalInformation: [150588],
      timeStamp: { time: '2021-11-20T11:50:10Z', utc: true, timeSyncSourceName: 'cellularNetwork' },
    });
    expect(measurement?.record).toBeNull();
  });

  it.each([
    [SATURATION, ['MDC_PULS_OXIM_SAT_O2 98 %']],
    [
      PRESSURE,
      [
        'MDC_PRESS_BLD_NONINV_SYS 100 mm[Hg]',
        'MDC_PRESS_BLD_NONINV_DIA 60 mm[Hg]',
        'MDC_PRESS_BLD_NONINV_MEAN 80 mm[Hg]',
      ],
    ],
    // a simple code, which our table lacks: the number is kept
    [body(2, '0100 f0558000 f0000300'), ['mdc8410608 mdc196848']],
    [STRING, ['mdc69632 Man']],
    [EVENTS, ['mdc8410608 mdc196848', 'mdc8410608 mdc197038']],
    [STATES, ['mdc8410608 0100']],
    [ATTRIBUTES, ['MDC_PULS_OXIM_SAT_O2 98', 'mdc69632 ok']],
    [BUNDLE, ['MDC_PULS_OXIM_SAT_O2 98 %', 'MDC_PULS_OXIM_PULS_RATE 72 /min']],
    // 0.005 × sample − 2048 mV, every 10 ms
    [WAVEFORM, ['MDC_ECG_ELEC_POTL_I -2037760 -2037715 -2037795 × 0.001 each 10000 µs mV']],
    // no offset: the scale is the device's
    [
      body(4, '0100 01010200 b210 050000fd 00000000 0a0000fd 01 01 02000000 01ff'),
      ['MDC_ECG_ELEC_POTL_I 1 255 × 0.005 each 10000 µs mV'],
    ],
    // x and y, one after the other
    [
      body(4, '0100 01010200 b210 01000000 00000000 01000000 02 01 04000000 0a140b15'),
      ['MDC_ECG_ELEC_POTL_I 10 11 × 1 each 1000000 µs mV', 'MDC_ECG_ELEC_POTL_I 20 21 × 1 each 1000000 µs mV'],
    ],
    // what a block cannot hold stays what was sent
    [body(4, '0100 01010200 b210 ffff7f00 00000000 01000000 01 01 02000000 0aff'), ['MDC_ECG_ELEC_POTL_I 0aff mV']],
    [body(4, '0100 01010200 b210 01000000 00000000 010000f0 01 01 02000000 0aff'), ['MDC_ECG_ELEC_POTL_I 0aff mV']],
    [body(4, '0100 01010200 b210 01000000 00000000 01000000 01 01 00000000'), []],
    [body(1, '0100 b84b0200 2002 ffff7f00'), ['MDC_PULS_OXIM_SAT_O2 NaN %']],
    // a unit that the table lacks
    [body(1, '0100 b84b0200 ffff 62000000'), ['MDC_PULS_OXIM_SAT_O2 98']],
  ])('%s', (hex, expected) => expect(said(hex)).toEqual(expected));

  it('keeps the numbers behind names', () => {
    const factsOf = (hex: string): Facts => live(hex).measurements[0]?.facts ?? {};
    expect(factsOf(SATURATION)).toMatchObject({ unitCode: 544 });
    expect(factsOf(WAVEFORM)).toMatchObject({ unitCode: 4274 });
    expect(factsOf(body(2, '0100 f0558000 b84b0200'))).toMatchObject({ valueCode: 150456 });
    expect(factsOf(EVENTS)).toMatchObject({ valueCodes: [196848, 197038] });
    const [systolic] = factsOf(PRESSURE).components as Facts[];
    expect(systolic).toEqual({
      type: 150021,
      typeName: 'MDC_PRESS_BLD_NONINV_SYS',
      classType: 1,
      classTypeName: 'numeric',
      unitCode: 3872,
    });
  });

  it('keeps the code that the device gives, and says that no table has its name', () => {
    const [reading] = live(STRING).measurements[0]?.readings ?? [];
    expect(reading).toMatchObject({ code: 'mdc69632', mdc: 69632 });
    expect([...(reading?.context ?? [])].map(([key]) => contextName(key))).toContain('unmapped');
    const [odd] = live(body(1, '0100 b84b0200 ffff 62000000')).measurements[0]?.readings ?? [];
    expect([...(odd?.context ?? [])].map(([key, value]) => [contextName(key), value])).toEqual([
      ['sourceUnit', 'mdc327679'],
    ]);
  });

  it('says what else its header may have', () => {
    // everything but the bundle: duration 1.5 s, early estimate and threshold error, id, links, an attribute
    const rest =
      `ff03 b84b0200 02 010000000000 00 00 0f0000ff 2040 07000000 05 01 01000000 01 02000000 02 03000000 04000000
      01 00100100 0400 17 0f0000ff 2002 62000000`.replaceAll('\n', '');
    const [measurement] = live(body(1, rest)).measurements;
    expect(measurement?.facts).toMatchObject({
      measurementDuration: '1.5',
      measurementStatus: 0x4020,
      measurementStatusNames: ['earlyEstimate', 'thresholdError'],
      observationId: 7,
      patient: 5,
      derivedFrom: [2],
      isMemberOf: [3, 4],
      headerAttributes: [{ type: 69632, typeName: null, length: 4, format: 23, value: '1.5' }],
    });
    const context = new Map([...(measurement?.readings[0]?.context ?? [])].map(([k, v]) => [contextName(k), v]));
    expect(context.get('sourceTimeFault')).toBe('formerTimeline');
    expect(context.get('measurementStatus')).toBe(0x4020);
  });

  it('in a bundle has type, time and person from the bundle', () => {
    const shared = body(255, `2300 b84b0200 ${TIME} 02 01 ${body(1, '0000 2002 62000000')}`);
    const [measurement] = live(shared).measurements;
    expect(measurement?.readings[0]).toMatchObject({
      code: 'MDC_PULS_OXIM_SAT_O2',
      deviceTime: '2021-11-20T11:50:10Z',
    });
    expect(measurement?.facts.observations).toHaveLength(1);
  });

  it('may count class and length into its length, as one implementation does', () => {
    const octets = fromHex(SATURATION);
    octets[1] = octets.length;
    const [measurement] = decodeObservation(octets, false).measurements;
    expect(measurement?.facts).toMatchObject({ length: 30, lengthCountsPrefix: true });
    expect(measurement?.readings).toHaveLength(1);
  });

  it.each([
    ['without a type', body(1, '0000 2002 62000000'), 'characteristic_malformed'],
    ['of a class to come', body(9, '0100 b84b0200 00'), 'characteristic_reserved'],
    ['in a bundle in a bundle', body(255, `0100 b84b0200 01 ${body(255, '0000 00')}`), 'characteristic_malformed'],
    ['compound of compounds', body(7, '0100 b84b0200 01 b84b0200 07 00'), 'characteristic_reserved'],
    ['with more than it says', `${SATURATION}00`, 'characteristic_malformed'],
    ['with less than it says', SATURATION.slice(0, -2), 'characteristic_truncated'],
    ['with the first flag to come', body(1, '0104 b84b0200 2002 62000000 00'), 'characteristic_reserved'],
    ['with the last flag to come', body(1, '0180 b84b0200 2002 62000000'), 'characteristic_reserved'],
    [
      'of a bundle with a flag to come',
      body(255, `0110 b84b0200 01 ${body(1, '0000 2002 62000000')}`),
      'characteristic_reserved',
    ],
    [
      'with a flag of its time to come',
      body(1, '0300 b84b0200 42 000000000000 00 00 2002 62000000'),
      'characteristic_reserved',
    ],
    ['in a zone that is none', body(1, '0300 b84b0200 32 000000000000 00 7f 2002 62000000'), 'characteristic_reserved'],
    ['with a reserved number', body(1, '0100 b84b0200 2002 01008000'), 'characteristic_reserved'],
    ['with a text that is none', body(3, '0100 00100100 0100 ff'), 'characteristic_malformed'],
    [
      'with more samples than octets',
      body(4, '0100 01010200 b210 01000000 00000000 01000000 01 04 ffffffff'),
      'characteristic_truncated',
    ],
    [
      'with samples of no width',
      body(4, '0100 01010200 b210 01000000 00000000 01000000 01 00 ffffffff'),
      'characteristic_malformed',
    ],
    ['of the year 10000', body(1, '0300 b84b0200 02 00e057d43a00 00 00 2002 62000000'), 'time_malformed'],
  ])('%s is refused', (_, hex, code) => expect(codeOf(() => live(hex))).toBe(code));

  it('that is stored has its record number', () => {
    const { measurements } = decodeObservation(fromHex(`07000100${SATURATION}`), true);
    expect(measurements[0]?.facts.recordNumber).toBe(0x10007);
    expect(measurements[0]?.record).toEqual({ sequence: 0x10007, baseTime: '2021-11-20T11:50:10Z' });
    expect(measurements[0]?.bytes).toEqual(fromHex(SATURATION));
  });
});

describe('Generic Health Sensor characteristics', () => {
  it('decode a notification that is whole, and say of a segment what it is', () => {
    const whole = decodeCharacteristic('2B8B', fromHex(`0f${SATURATION}`));
    expect(whole.facts).toEqual({ firstSegment: true, lastSegment: true, segmentCounter: 3 });
    expect(whole.measurements).toHaveLength(1);
    expect(facts('2B8B', `05${SATURATION}`)).toMatchObject({
      firstSegment: true,
      lastSegment: false,
      segmentLength: 30,
    });
    expect(codeOf(() => facts('2B8B', '05'))).toBe('characteristic_truncated');
    expect(decodeCharacteristic('2BDD', fromHex(`0307000000${SATURATION}`)).measurements[0]?.record?.sequence).toBe(7);
  });

  it('say what a sensor can', () => {
    expect(facts('2BF3', '01 02 b84b0200 1a480200 01 0410 01')).toEqual({
      flags: 1,
      flagNames: ['supportedDeviceSpecializationsPresent'],
      supportedObservationTypes: [150456, 149530],
      supportedObservationTypeNames: ['MDC_PULS_OXIM_SAT_O2', 'MDC_PULS_OXIM_PULS_RATE'],
      supportedDeviceSpecializations: [{ specialization: 4100, specializationName: 'pulseOximeter', version: 1 }],
    });
    expect(facts('2BF1', 'b84b0200 0a0000ff 05000000')).toEqual({
      observationType: 150456,
      observationTypeName: 'MDC_PULS_OXIM_SAT_O2',
      measurementPeriod: '1.0',
      updateInterval: '5',
    });
    expect(facts('2BF4', '01')).toEqual({ opCode: 1, opCodeName: 'startSendingLiveObservations' });
    expect(facts('2BF4', '80')).toEqual({ opCode: 128, opCodeName: 'success' });
    expect(codeOf(() => facts('2BF4', '03'))).toBe('characteristic_reserved');
  });

  const bodies = [SATURATION, PRESSURE, WAVEFORM, BUNDLE, EVENTS, STATES, STRING, ATTRIBUTES];
  it('hold against any bytes', () => {
    expectHardened(
      '2B8B',
      bodies.map((hex) => `03${hex}`),
    );
    expectHardened(
      '2BDD',
      bodies.map((hex) => `0301000000${hex}`),
    );
    expectHardened('2BF3', ['0102b84b02001a48020001041001']);
    expectHardened('2BF1', ['b84b02000a0000ff05000000']);
    expectHardened('2BF4', ['01']);
  });
});

describe('Current Elapsed Time', () => {
  it.each([
    ['22 0086f12d0000 06 00 01 00', '2024-06-04T08:00:00Z'],
    ['32 0086f12d0000 06 08', '2024-06-04T10:00:00+02:00'],
    ['32 0086f12d0000 06 ed', '2024-06-04T03:15:00-04:45'],
    ['30 0086f12d0000 06 ed', '2024-06-04T08:00:00-04:45'],
    ['20 0086f12d0000 06 00', '2024-06-04T08:00:00'],
    ['26 0f0000000000 00 00', '2000-01-01T00:00:01.5Z'],
    ['2a dc0500000000 00 00', '2000-01-01T00:00:01.500Z'],
    ['2e 983a00000000 00 00', '2000-01-01T00:00:01.5000Z'],
    ['2e f0d8ffffffff 00 00', '2891-12-16T05:21:10.0656Z'],
    ['01 0086f12d0000 07 00', null],
  ])('%s is %s', (hex, time) => expect(facts('2BF2', hex).time).toBe(time));

  // 12 hours west of UTC to 14 east of it, and up to two hours of daylight saving
  it.each([
    ['12 0086f12d0000 00 d0', '2024-06-03T20:00:00-12:00'],
    ['12 0086f12d0000 00 40', '2024-06-05T00:00:00+16:00'],
    // not used, so it says nothing
    ['02 0086f12d0000 00 80', '2024-06-04T08:00:00Z'],
    ['12 0086f12d0000 00 cf', null],
    ['12 0086f12d0000 00 41', null],
    ['12 000000000000 00 7f', null],
    ['1c 010000000000 00 80', null],
    // what is reserved for later
    ['42 0086f12d0000 00 00', null],
    ['82 0086f12d0000 00 00', null],
    ['c1 0086f12d0000 00 00', null],
  ])('%s is in a zone, or refused', (hex, time) => {
    if (time === null) expect(codeOf(() => facts('2BF2', hex))).toBe('characteristic_reserved');
    else expect(facts('2BF2', hex).time).toBe(time);
  });

  it('says how good the clock is', () =>
    expect(facts('2BF2', '32 0086f12d0000 04 08 01 03')).toMatchObject({
      timeSyncSourceName: 'manual',
      tzDstOffset: 8,
      tzDstOffsetMinutes: 120,
      clockStatusNames: ['needsToBeSet'],
      clockCapabilitiesNames: ['appliesDstRules', 'managesTzChanges'],
      currentTimeline: true,
      tickCounter: false,
    }));

  it('holds against any bytes', () =>
    expectHardened('2BF2', ['320086f12d000006080103', '200086f12d00000600'], ['320086f12d00000608']));
});
