import { contextName, formatDecimal, isVitalsealError } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../profiles/hostile.testing.ts';
import type { Advertisement } from './advertisement.ts';
import { bthomeObject, VARIABLE } from './bthome-objects.ts';
import { decodeAdvertisement } from './decode.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const service = (uuid: string, data: Uint8Array, name: string | null = null): Advertisement => ({
  serviceData: new Map([[uuid, data]]),
  manufacturerData: new Map(),
  name,
});
const maker = (company: number, data: Uint8Array): Advertisement => ({
  serviceData: new Map(),
  manufacturerData: new Map([[company, data]]),
  name: null,
});

/** `code value unit`, one a reading. */
function said(advertisement: Advertisement): string[] | null {
  const decoded = decodeAdvertisement(advertisement);
  return (
    decoded?.measurements.flatMap(({ readings }) =>
      readings.map(({ code, value, unit }) =>
        `${code} ${value.kind === 'decimal' ? formatDecimal(value) : value.kind} ${unit}`.trim(),
      ),
    ) ?? null
  );
}

describe('Xiaomi scales', () => {
  it.each([
    // captured by others: openScale, ble_monitor, Theengs
    ['181D', '229e43e507040b101301', ['MDC_MASS_BODY_ACTUAL 86.550 kg']],
    ['181D', '223e30e607020e10293a', ['MDC_MASS_BODY_ACTUAL 61.750 kg']],
    ['181D', '237233e607020e10293a', ['MDC_MASS_BODY_ACTUAL 131.70 [lb_av]']],
    ['181D', '627607e607020e10293a', ['objectMass 9.550 kg']],
    ['181D', '637607e607020e10293a', ['objectMass 19.10 [lb_av]']],
    // 123.5 jin are 61.75 kg
    ['181D', '323e30e607020e10293a', ['MDC_MASS_BODY_ACTUAL 61.750 kg']],
    // stepped off; not settled
    ['181D', 'a22044b20701010a1a15', []],
    ['181D', '821400e507040b101708', []],
    ['181B', '0226b20705040f0201ac018642', ['MDC_MASS_BODY_ACTUAL 85.150 kg', 'bodyImpedance 428 Ohm']],
    ['181B', '0224e607020e10293a00009a38', ['MDC_MASS_BODY_ACTUAL 72.450 kg']],
    ['181B', '0624e607020e10293a0000fc03', ['objectMass 5.100 kg']],
    ['181B', '0326e607020e10293af701f136', ['MDC_MASS_BODY_ACTUAL 140.65 [lb_av]', 'bodyImpedance 503 Ohm']],
    ['181B', '0264e607020e10293a00009a38', ['MDC_MASS_BODY_ACTUAL 72.450 kg']],
    // with shoes on: the impedance is no impedance
    ['181B', '0226b2070101023a38fdfff03c', ['MDC_MASS_BODY_ACTUAL 78.000 kg']],
    ['181B', '0204b207010112101a0000a852', []],
    ['181B', '02a4b2070101023a38fdfff03c', []],
  ])('%s %s', (uuid, hex, expected) => expect(said(service(uuid, bytes(hex)))).toEqual(expected));

  it('says once what the scale repeats', () => {
    const repeat = (hex: string) => decodeAdvertisement(service('181D', bytes(hex)))?.repeat;
    expect(repeat('229e43e507040b101301')).toBe(repeat('229e43e507040b101301'));
    expect(repeat('a29e43e507040b101301')).toBe(repeat('229e43e507040b101301'));
    expect(repeat('229e43e507040b101302')).not.toBe(repeat('229e43e507040b101301'));
    expect(repeat('229f43e507040b101301')).not.toBe(repeat('229e43e507040b101301'));
  });

  it('keeps time, control bits and jin, and marks what anybody can send', () => {
    const [measurement] = decodeAdvertisement(service('181B', bytes('0266e607020e10293af7019a38')))?.measurements ?? [];
    expect(measurement?.facts).toEqual({
      control: 0x6602,
      controlNames: ['reserved1', 'impedanceStabilised', 'reserved10', 'stabilised', 'jin'],
      weighingMode: 'person',
      unit: 'jin',
      weight: 14490,
      time: '2022-02-14T16:41:58',
      impedance: 503,
    });
    const [reading] = measurement?.readings ?? [];
    expect(reading?.deviceTime).toBe('2022-02-14T16:41:58');
    const context = Object.fromEntries([...(reading?.context ?? [])].map(([key, value]) => [contextName(key), value]));
    expect(context).toEqual({ status: 0x6602, sourceUnit: 'jin', advertised: true });
  });

  it('leaves other makers alone, and refuses a cut one of its own', () => {
    expect(decodeAdvertisement(service('181B', bytes('0102')))).toBeNull();
    expect(codeOf(() => decodeAdvertisement(service('181B', bytes('0102'), 'MIBFS')))).toBe('characteristic_truncated');
    expect(codeOf(() => decodeAdvertisement(service('181D', new Uint8Array(11), 'MI SCALE2')))).toBe(
      'characteristic_malformed',
    );
    expect(codeOf(() => decodeAdvertisement(service('181D', bytes('223e30e6070d0e10293a'))))).toBe('time_malformed');
  });
});

describe('BTHome v2', () => {
  it.each([
    ['400009015d025d0903b718', ['MDC_ATTR_VAL_BATT_CHARGE 93 %', 'temperature 23.97 Cel', 'humidity 63.27 %']],
    ['40002e01641e012e34451601', ['MDC_ATTR_VAL_BATT_CHARGE 100 %', 'humidity 52 %', 'temperature 27.8 Cel']],
    ['4402f6ff', ['temperature -0.10 Cel']],
    ['4004138a01', ['airPressure 1008.83 hPa']],
    ['42b2188d38c1a404138a01', ['airPressure 1008.83 hPa']],
    ['40065e1f', ['mass 80.30 kg']],
    ['40073e1d', ['mass 74.86 [lb_av]']],
    ['4012e204', ['carbonDioxide 1250 [ppm]']],
    ['400d120c0e021c', ['pm25 3090 ug/m3', 'pm10 7170 ug/m3']],
    ['4057ea', ['temperature -22 Cel']],
    ['4058ea', ['temperature -7.70 Cel']],
    ['4021013a04', []],
    ['4053036869210164', ['MDC_ATTR_VAL_BATT_CHARGE 100 %']],
    ['40015dfe5d0903b718', ['MDC_ATTR_VAL_BATT_CHARGE 93 %']],
    ['40', []],
  ])('%s', (hex, expected) => expect(said(service('FCD2', bytes(hex)))).toEqual(expected));

  it.each([
    ['', 'characteristic_truncated'],
    ['e102000c0404138a01', 'characteristic_reserved'],
    ['41a47266c95f730011223378237214', 'characteristic_unknown'],
    ['4002ca', 'characteristic_truncated'],
    ['40530368', 'characteristic_truncated'],
    ['42b218', 'characteristic_truncated'],
    ['4001ff', 'characteristic_reserved'],
  ])('%s is refused: %s', (hex, code) =>
    expect(codeOf(() => decodeAdvertisement(service('FCD2', bytes(hex))))).toBe(code),
  );

  it('shows what it makes no reading of, below zero too', () => {
    const [measurement] = decodeAdvertisement(service('FCD2', bytes('4002f6ff08f6ff')))?.measurements ?? [];
    expect(measurement?.facts.objects).toEqual([
      { id: 2, name: 'temperature', raw: -10 },
      { id: 8, name: 'dewPoint', raw: -10 },
    ]);
  });

  it('knows every object of the version up to 0x64', () => {
    const unknown = Array.from({ length: 0x65 }, (_, id) => id).filter((id) => bthomeObject(id) === null);
    expect(unknown).toEqual([0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3b]);
    expect(bthomeObject(0x21)?.name).toBe('motion');
    expect(bthomeObject(0x2d)?.name).toBe('window');
    expect(bthomeObject(0x53)?.octets).toBe(VARIABLE);
    expect(bthomeObject(0x65)).toBeNull();
  });
});

describe('heart rate broadcasts', () => {
  it.each([
    [0x006b, '26004a4b', ['MDC_HF_HR 75 /min']],
    [0x006b, '26004a', ['MDC_HF_HR 74 /min']],
    // a block of another kind before it
    [0x006b, '720897c5b703000000003300454600', ['MDC_HF_HR 70 /min']],
    [0x006b, '33000000', []],
    [0x006b, '7208', null],
    [0x006b, '', null],
    [0x0157, '0202017dffffffffffffffffffffffffff02aabbccddeeff', ['MDC_HF_HR 125 /min']],
    [0x0157, '02ffffffffffffffffffffffffffffffff02aabbccddeeff', []],
    [0x0157, '00c8478cc09589', null],
    [0x004c, '0202017d', null],
  ])('%i %s', (company, hex, expected) => expect(said(maker(company, bytes(hex)))).toEqual(expected));

  it('tells a heart rate that stays from one that is sent again', () => {
    const repeat = (hex: string) => decodeAdvertisement(maker(0x006b, bytes(hex)))?.repeat;
    expect(repeat('26004a4b')).toBe(repeat('26004a4b'));
    expect(repeat('2a004a4b')).not.toBe(repeat('26004a4b'));
    expect(codeOf(() => repeat('2600'))).toBe('characteristic_truncated');
  });
});

describe('standard service data', () => {
  it('is a battery level, and nothing that is only called a thermometer', () => {
    expect(said(service('180F', bytes('21')))).toEqual(['MDC_ATTR_VAL_BATT_CHARGE 33 %']);
    expect(codeOf(() => said(service('180F', bytes('65'))))).toBe('characteristic_reserved');
    expect(codeOf(() => said(service('180F', bytes(''))))).toBe('characteristic_truncated');
    expect(said(service('1809', bytes('33362e35')))).toBeNull();
    expect(said(service('180D', bytes('0048')))).toBeNull();
  });
});

describe('any bytes', () => {
  const FINE = /^(characteristic_(truncated|malformed|reserved|unknown)|time_malformed)$/;
  const outcome = (advertisement: Advertisement): string => {
    try {
      return JSON.stringify(decodeAdvertisement(advertisement), (_, v) => (v instanceof Map ? [...v] : v));
    } catch (error) {
      if (isVitalsealError(error) && FINE.test(error.code)) return error.code;
      throw error;
    }
  };
  const data = fc.uint8Array({ maxLength: 40 });
  const first = fc.constantFrom(0x40, 0x42, 0x44, 0x22, 0x02, 0x26, 0x62);

  it.each(['FCD2', '181D', '181B', '180F', '1809'])(
    'under %s decode or are refused, the same in any buffer',
    (uuid) => {
      fc.assert(
        fc.property(data, first, fc.boolean(), (tail, head, named) => {
          const packet = uuid === '180F' ? tail : Uint8Array.of(head, ...tail);
          const poisoned = new Uint8Array(packet.length + 32).fill(0x40);
          poisoned.set(packet, 16);
          const view = poisoned.subarray(16, 16 + packet.length);
          const name = named ? 'MI SCALE2' : null;
          expect(outcome(service(uuid, view, name))).toBe(outcome(service(uuid, packet, name)));
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each([0x006b, 0x0157])('of maker %i decode or are refused, the same in any buffer', (company) => {
    fc.assert(
      fc.property(data, (packet) => {
        const poisoned = new Uint8Array(packet.length + 32).fill(0x55);
        poisoned.set(packet, 16);
        expect(outcome(maker(company, poisoned.subarray(16, 16 + packet.length)))).toBe(
          outcome(maker(company, packet)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
