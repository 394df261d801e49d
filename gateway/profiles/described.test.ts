import { fromHex } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characteristicName, knownCharacteristics } from './characteristics.ts';
import { describeCharacteristic, findCharacteristic } from './described.ts';
import { codeOf, hostileBytes } from './hostile.testing.ts';

describe('what a characteristic is called', () => {
  it.each([
    ['2A37', '2A37'],
    ['2a37', '2A37'],
    ['0x2A37', '2A37'],
    ['0X2a37', '2A37'],
    ['00002a37', '2A37'],
    ['00002A37-0000-1000-8000-00805F9B34FB', '2A37'],
    ['00002a3700001000800000805f9b34fb', '2A37'],
    ['Heart Rate Measurement', '2A37'],
    ['heart-rate-measurement', '2A37'],
    ['heart_rate_measurement', '2A37'],
    ['PLX Spot-Check Measurement', '2A5E'],
    ['sfloat', 'SFLOAT'],
    ['FLOAT', 'FLOAT'],
    ['E2E-CRC16-MCRF4XX', 'E2E-CRC16-MCRF4XX'],
    ['e2e-crc', null],
    ['2AFF', null],
    ['12a37', null],
    ['2A37!', null],
    ['', null],
    ['constructor', null],
    ['__proto__', null],
    ['00002a37-0000-1000-8000-00805f9b34fc', null],
  ])('%j is %j', (text, key) => expect(findCharacteristic(text)).toBe(key));

  it('finds everything by its name', () => {
    const known = knownCharacteristics();
    expect(known.length).toBeGreaterThan(40);
    for (const uuid of known) expect(findCharacteristic(characteristicName(uuid) ?? '')).toBe(uuid);
  });
});

describe('bare types', () => {
  const value = (key: string, hex: string) => describeCharacteristic(key, fromHex(hex)).readings[0]?.value;
  it.each([
    ['SFLOAT', '6cf1', '36.4'],
    ['SFLOAT', '941e', '-3640'],
    ['SFLOAT', '0010', '0'],
    ['SFLOAT', '00f0', '0.0'],
    ['SFLOAT', 'fff0', '25.5'],
    ['SFLOAT', 'ffff', '-0.1'],
    ['SFLOAT', 'ff07', 'NaN'],
    ['SFLOAT', '0008', 'NRes'],
    ['SFLOAT', 'fe07', '+INF'],
    ['SFLOAT', '0208', '-INF'],
    ['SFLOAT', '0108', 'RESERVED'],
    ['FLOAT', '01008000', 'RESERVED'],
    ['FLOAT', '01020304', '1971210000'],
    ['FLOAT', '010000e7', '0.0000000000000000000000001'],
  ])('%s %s is %s', (key, hex, expected) => expect(value(key, hex)).toBe(expected));

  it.each([
    ['SFLOAT', '6c', 'characteristic_truncated'],
    ['SFLOAT', '6cf100', 'characteristic_malformed'],
    ['FLOAT', '6cf100', 'characteristic_truncated'],
    ['FLOAT', '6cf1000000', 'characteristic_malformed'],
  ])('%s refuses %s', (key, hex, code) => {
    expect(codeOf(() => describeCharacteristic(key, fromHex(hex)))).toBe(code);
  });

  it('checksums what it is given', () => {
    expect(describeCharacteristic('E2E-CRC16-MCRF4XX', fromHex('313233343536373839'))).toEqual({
      characteristic: 'E2E-CRC16-MCRF4XX',
      name: 'E2E-CRC',
      readings: [],
      context: { crc: 0x6f91 },
    });
  });
});

describe('a described packet', () => {
  it('has names instead of numbers', () => {
    expect(describeCharacteristic('2A1C', fromHex('066c0100ffe90705150a1e2d04'))).toEqual({
      characteristic: '2A1C',
      name: 'Temperature Measurement',
      readings: [
        {
          code: 'MDC_TEMP_BODY',
          mdc: 150364,
          unit: 'Cel',
          value: '36.4',
          deviceTime: '2025-05-21T10:30:45',
          context: { bodySite: 'finger' },
        },
      ],
      context: { flags: 6, timestamp: '2025-05-21T10:30:45', type: 4, typeName: 'finger' },
    });
  });

  it('with several measurements says which reading is of which', () => {
    const { readings, context } = describeCharacteristic('2AA7', fromHex('06000c10050006000c100600'));
    expect(readings.map(({ record, value }) => [record, value])).toEqual([
      [0, '120'],
      [1, '120'],
    ]);
    expect(context).toMatchObject({ records: [{ timeOffset: 5 }, { timeOffset: 6 }] });
  });

  it('is refused for what is not known', () => {
    expect(codeOf(() => describeCharacteristic('2AFF', fromHex('00')))).toBe('characteristic_unknown');
  });
});

it('of everything registered, only decoding errors are thrown, and JSON is answered', () => {
  const FINE = /^(characteristic_(truncated|malformed|reserved|crc)|time_malformed)$/;
  for (const uuid of [...knownCharacteristics(), 'SFLOAT', 'FLOAT', 'E2E-CRC16-MCRF4XX']) {
    fc.assert(
      fc.property(hostileBytes([Uint8Array.of(0, 0, 0, 0)]), fc.nat(255), (bytes, poison) => {
        const buffer = new Uint8Array(bytes.length + 16).fill(poison);
        buffer.set(bytes, 8);
        const outcome = (given: Uint8Array) => {
          let text = '';
          const code = codeOf(() => {
            text = JSON.stringify(describeCharacteristic(uuid, given));
          });
          if (code !== null) expect(code).toMatch(FINE);
          return code ?? text;
        };
        expect(outcome(buffer.subarray(8, 8 + bytes.length))).toBe(outcome(bytes));
      }),
    );
  }
});
