import { contextName, formatDecimal } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { decodeCharacteristic } from './characteristics.ts';
import { codeOf, expectHardened, fromHex } from './hostile.testing.ts';

const decode = (uuid: string, hex: string) => decodeCharacteristic(uuid, fromHex(hex));
const only = (uuid: string, hex: string) => {
  const { measurements } = decode(uuid, hex);
  expect(measurements).toHaveLength(1);
  const [measurement] = measurements;
  if (measurement === undefined) throw new Error('no measurement');
  const said = measurement.readings.map(({ code, value, unit }) => {
    const text = value.kind === 'decimal' ? formatDecimal(value) : value.kind === 'special' ? value.special : null;
    return `${code} ${text ?? (value.kind === 'text' ? value.text : value.kind)} ${unit}`.trim();
  });
  const contexts = measurement.readings.map(({ context }) =>
    Object.fromEntries([...(context ?? [])].map(([key, entry]) => [contextName(key), entry])),
  );
  return { ...measurement, said, contexts };
};

/** Flags, sequence 1, 2019-02-27T11:10:30, offset −5 min, 30 kg/L, capillary plasma of a finger, status 0x0105. */
const FULL = '1b 0100 e307021b0b0a1e fbff 1e00 12 0501';

describe('Glucose Measurement', () => {
  it('says everything that the packet carries', () => {
    const { said, contexts, facts, record, readings } = only('2A18', FULL);
    expect(said).toEqual(['MDC_CONC_GLU_CAPILLARY_PLASMA 30 kg/L']);
    expect(readings[0]?.deviceTime).toBe('2019-02-27T11:05:30');
    expect(contexts).toEqual([
      { bodySite: 'finger', status: 0x0105, sourceSequence: 1, sampleType: 'capillaryPlasma' },
    ]);
    expect(facts).toEqual({
      flags: 0x1b,
      sequenceNumber: 1,
      baseTime: '2019-02-27T11:10:30',
      timeOffset: -5,
      type: 2,
      typeName: 'capillaryPlasma',
      sampleLocation: 1,
      sampleLocationName: 'finger',
      status: 0x0105,
      statusNames: ['deviceBatteryLow', 'sampleSizeInsufficient', 'temperatureTooLow'],
      contextFollows: true,
    });
    expect(record).toEqual({ sequence: 1, baseTime: '2019-02-27T11:10:30' });
  });

  it.each([
    // a meter: 5.9 mmol/L is sent as mol/L, and stays so
    ['07 0100 e3070815061f0d b400 3bc0 f1', 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD 0.0059 mol/L'],
    ['02 0100 e3070815061f0d 64b0 11', 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD 0.00100 kg/L'],
    ['02 0100 e3070815061f0d ff07 19', 'MDC_CONC_GLU_ISF NaN kg/L'],
    ['02 0100 e3070815061f0d fe07 18', 'MDC_CONC_GLU_UNDETERMINED_PLASMA +INF kg/L'],
    // a test of the strips is nobody's glucose
    ['02 0100 e3070815061f0d 64b0 4a', 'MDC_CONC_GLU_CONTROL 0.00100 kg/L'],
    ['02 0100 e3070815061f0d 64b0 1f', 'glucose 0.00100 kg/L'],
  ])('%s is %s', (hex, expected) => expect(only('2A18', hex).said).toEqual([expected]));

  it.each([
    ['03 0100 e307021b0b0a1e fbff 64b0 11', '2019-02-27T11:05:30', undefined],
    ['03 0100 e307010100000a ffff 64b0 11', '2018-12-31T23:59:10', undefined],
    ['03 0100 e307021b0b0a1e ff7f 64b0 11', '2019-02-27T11:10:30', 'overrun'],
    ['03 0100 e307021b0b0a1e 0080 64b0 11', '2019-02-27T11:10:30', 'underrun'],
    ['0a 0100 e307021b0b0a1e 64b0 11 0008', '2019-02-27T11:10:30', 'timeFault'],
    ['03 0100 0000021b0b0a1e fbff 64b0 11', '0000-02-27T11:10:30', undefined],
    ['03 0100 0f270c1f173b1e fb7f 64b0 11', '9999-12-31T23:59:30', undefined],
    // a year before the first would read as one that the meter does not know
    ['03 0100 01000101000000 ffff 64b0 11', '0001-01-01T00:00:00', undefined],
  ])('%s was at %s', (hex, time, fault) => {
    const { readings, contexts } = only('2A18', hex);
    expect(readings[0]?.deviceTime).toBe(time);
    expect(contexts[0]?.sourceTimeFault).toBe(fault);
  });

  it('says when a result is beyond what the meter can', () => {
    expect(only('2A18', '0a 0100 e307021b0b0a1e 64b0 11 2000').contexts[0]?.outOfRange).toBe('above');
    expect(only('2A18', '0a 0100 e307021b0b0a1e 64b0 11 4000').contexts[0]?.outOfRange).toBe('below');
  });

  it.each([
    ['08 2a00 e307021b0b0a1e 0000', '0', { status: 0 }],
    ['08 2a00 e307021b0b0a1e 2000', '32', { status: 0x20, outOfRange: 'above' }],
    ['08 2a00 e307021b0b0a1e 4000', '64', { status: 0x40, outOfRange: 'below' }],
    ['09 2a00 e307021b0b0a1e fbff 0808', '2056', { status: 0x808, sourceTimeFault: 'timeFault' }],
  ])('says its status where it has no concentration: %s', (hex, value, context) => {
    const { said, contexts, readings, record } = only('2A18', hex);
    expect(said).toEqual([`MDC_GLU_METER_DEV_STATUS ${value}`]);
    expect(contexts).toEqual([{ ...context, sourceSequence: 42 }]);
    const deviceTime = hex.startsWith('09') ? '2019-02-27T11:05:30' : '2019-02-27T11:10:30';
    expect(readings[0]).toMatchObject({ mdc: 8417752, deviceTime });
    expect(record).toEqual({ sequence: 42, baseTime: '2019-02-27T11:10:30' });
  });

  it('is a record without a reading where it has neither', () => {
    const { said, record } = only('2A18', '00 2a00 e307021b0b0a1e');
    expect([said, record?.sequence]).toEqual([[], 42]);
  });

  it.each([
    ['1b 0000 e207041a0b091e 1e00 12 0501', 'characteristic_truncated'],
    [`${FULL}00`, 'characteristic_malformed'],
    ['02 0100 e307021b0b0a1e 0108 11', 'characteristic_reserved'],
    ['00 0100 e3070d1b0b0a1e', 'time_malformed'],
  ])('%s is refused: %s', (hex, code) => expect(codeOf(() => decode('2A18', hex))).toBe(code));

  it('holds against any bytes', () => expectHardened('2A18', [FULL, '07 0100 e3070815061f0d b400 3bc0 f1']));
});

describe('Glucose Feature', () => {
  it('names its bits', () =>
    expect(decode('2A51', 'f00b').facts).toEqual({
      features: 0x0bf0,
      featureNames: [
        'sensorStripTypeErrorDetection',
        'sensorResultHighLowDetection',
        'sensorTemperatureHighLowDetection',
        'sensorReadInterruptDetection',
        'generalDeviceFault',
        'timeFault',
        'reserved11',
      ],
    }));

  it('holds against any bytes', () => expectHardened('2A51', ['f003']));
});

/** Everything: extended flags, 100 mg at dinner, casual, professional with minor issues, 60 s at 50 %, 4: 12.3 mL, 6.5 %. */
const CONTEXT = 'ff 0700 00 03 64a0 04 12 3c00 32 04 7bc0 41f0';

describe('Glucose Measurement Context', () => {
  it('says everything that the packet carries, as readings too', () => {
    const { said, contexts, facts, record } = only('2A34', CONTEXT);
    expect(said).toEqual([
      'MDC_CTXT_GLU_CARB 0.000100 kg',
      'MDC_CTXT_GLU_MEAL casual',
      'MDC_CTXT_GLU_TESTER professional',
      'MDC_CTXT_GLU_HEALTH minorIssues',
      'exerciseDuration 60 s',
      'MDC_CTXT_GLU_EXERCISE 50 %',
      'MDC_CTXT_MEDICATION 0.0123 L',
      'MDC_CONC_HBA1C 6.5 %',
    ]);
    expect(contexts[0]).toEqual({ sourceSequence: 7, sourceName: 'dinner' });
    expect(contexts[6]).toEqual({ sourceSequence: 7, sourceName: 'longActingInsulin' });
    expect(facts).toEqual({
      flags: 0xff,
      sequenceNumber: 7,
      extendedFlags: 0,
      carbohydrate: 3,
      carbohydrateName: 'dinner',
      meal: 4,
      mealName: 'casual',
      tester: 2,
      testerName: 'professional',
      health: 1,
      healthName: 'minorIssues',
      medication: 4,
      medicationName: 'longActingInsulin',
    });
    expect(record).toEqual({ sequence: 7, baseTime: null });
  });

  it.each([
    ['00 0100', []],
    ['02 0100 01', ['MDC_CTXT_GLU_MEAL preprandial']],
    // not available is no statement
    ['04 0100 ff', []],
    ['04 0100 51', ['MDC_CTXT_GLU_TESTER self', 'MDC_CTXT_GLU_HEALTH noIssues']],
    ['10 0100 01 0a80', ['MDC_CTXT_MEDICATION 0.00000010 kg']],
    // what is only beside a number keeps the number
    ['01 0100 08 0ad0', ['MDC_CTXT_GLU_CARB 0.010 kg']],
    ['10 0100 06 0a80', ['MDC_CTXT_MEDICATION 0.00000010 kg']],
  ])('%s is %j', (hex, expected) => expect(only('2A34', hex).said).toEqual(expected));

  it('says that exercise was longer than it can say', () =>
    expect(only('2A34', '08 0100 ffff 32').contexts[0]?.outOfRange).toBe('above'));

  it.each([
    ['00 0100 00', 'characteristic_malformed'],
    ['01 0100 03 0108', 'characteristic_reserved'],
    ['02 0100 00', 'characteristic_reserved'],
    ['02 0100 06', 'characteristic_reserved'],
    // tester 0 and 4, health 0 and 6
    ['04 0100 10', 'characteristic_reserved'],
    ['04 0100 14', 'characteristic_reserved'],
    ['04 0100 01', 'characteristic_reserved'],
    ['04 0100 61', 'characteristic_reserved'],
  ])('%s is refused: %s', (hex, code) => expect(codeOf(() => decode('2A34', hex))).toBe(code));

  it('holds against any bytes', () => expectHardened('2A34', [CONTEXT]));
});
