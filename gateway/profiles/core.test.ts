import { formatDecimal, isVitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { bits, knownFlags, nameOf, toleratedFlags } from './bits.ts';
import { characteristicName, decodeCharacteristic } from './characteristics.ts';
import { checkedCrc, e2eCrc } from './crc.ts';
import { readDateTime } from './date-time.ts';
import { readFloat, readSfloat } from './float.ts';
import { decimal, measured } from './measured.ts';
import { Packet } from './packet.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isVitalsealError(error)) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('decimal floats', () => {
  const text = (read: typeof readFloat, hex: string) => {
    const value = read(new Packet(bytes(hex)));
    return value.kind === 'decimal' ? formatDecimal(value) : value.kind === 'special' ? value.special : value.kind;
  };
  it.each([
    ['6cf1', '36.4'],
    ['6c01', '364'],
    ['94fe', '-36.4'],
    ['941e', '-364e1'],
    ['0080', '0.00000000'],
    ['ff77', '2047e7'],
    ['ff07', 'NaN'],
    ['0008', 'NRes'],
    ['fe07', '+INF'],
    ['0208', '-INF'],
    ['ff17', '2047e1'], // the mantissa of NaN with another exponent is a number
    ['0118', '-2047e1'],
  ])('SFLOAT %s is %s', (hex, expected) => expect(text(readSfloat, hex)).toBe(expected));

  it.each([
    ['6c0100ff', '36.4'],
    ['6c0100fe', '3.64'],
    ['94feff01', '-364e1'],
    ['00000080', '0e-128'],
    ['ffff7f00', 'NaN'],
    ['00008000', 'NRes'],
    ['feff7f00', '+INF'],
    ['02008000', '-INF'],
    ['ffff7f01', '8388607e1'],
  ])('FLOAT %s is %s', (hex, expected) => expect(text(readFloat, hex)).toBe(expected));

  it('refuses the reserved patterns and what is cut', () => {
    expect(codeOf(() => readSfloat(new Packet(bytes('0108'))))).toBe('characteristic_reserved');
    expect(codeOf(() => readFloat(new Packet(bytes('01008000'))))).toBe('characteristic_reserved');
    expect(codeOf(() => readSfloat(new Packet(bytes('01'))))).toBe('characteristic_truncated');
    expect(codeOf(() => readFloat(new Packet(bytes('010080'))))).toBe('characteristic_truncated');
  });
});

describe('Date Time', () => {
  const read = (hex: string) => readDateTime(new Packet(bytes(hex)));
  it.each([
    ['e307021b0b0a1e', '2019-02-27T11:10:30'],
    ['0000041114293b', '0000-04-17T20:41:59'],
    ['e9070000000000', '2025-00-00T00:00:00'],
    ['0000021d000000', '0000-02-29T00:00:00'],
    ['e807021d173b3b', '2024-02-29T23:59:59'],
    ['0f270c1f000000', '9999-12-31T00:00:00'],
  ])('%s is %s', (hex, text) => expect(read(hex)).toBe(text));

  it.each([
    'e707021d000000', // 2023-02-29
    '6c07021d000000', // 1900-02-29
    'e7070d01000000',
    'e7070420000000',
    'e707041f000000', // 31 April
    'e7070401180000',
    'e70704010a3c00',
    'e70704010a003c',
    '10270101000000', // year 10000
  ])('%s does not exist', (hex) => expect(codeOf(() => read(hex))).toBe('time_malformed'));

  it('is seven bytes', () => expect(codeOf(() => read('e307021b0b0a'))).toBe('characteristic_truncated'));
});

describe('E2E-CRC', () => {
  it.each([
    ['313233343536373839', 0x6f91],
    ['3e010203040506070809', 12033],
    ['41', 23562],
    ['', 0xffff],
  ])('of %s is %d', (hex, crc) => expect(e2eCrc(bytes(hex))).toBe(crc));

  it('covers all before it', () => {
    expect(checkedCrc(bytes('020008c3'))).toBe(0xc308);
    expect(codeOf(() => checkedCrc(bytes('020009c3')))).toBe('characteristic_crc');
    expect(codeOf(() => checkedCrc(bytes('02')))).toBe('characteristic_truncated');
  });
});

describe('bits and names', () => {
  it('names what is set, and numbers what is reserved', () => {
    expect(bits(0, ['a'])).toEqual([]);
    expect(bits(0b10111, ['a', 'b', null, 'd'])).toEqual(['a', 'b', 'reserved2', 'reserved4']);
    expect(bits(2 ** 47 + 1, ['a'])).toEqual(['a', 'reserved47']);
    expect(nameOf(1, { 1: 'one' })).toBe('one');
    expect(nameOf(2, { 1: 'one' })).toBe('reserved2');
  });

  it('refuses a flag that is reserved, or gives it as a fact', () => {
    expect(knownFlags(0b1_0010, 0b1_0011)).toBe(0b1_0010);
    expect(codeOf(() => knownFlags(0b0100, 0b1_0011))).toBe('characteristic_reserved');
    expect(toleratedFlags(0b1111, 0b1111)).toEqual({ flags: 15 });
    expect(toleratedFlags(0b11_0001, 0b1111)).toEqual({ flags: 49, reservedFlags: 48 });
  });
});

describe('a measured value', () => {
  it('has the code of the table, or says that it has none', () => {
    expect(measured('MDC_TEMP_BODY', 'Cel', decimal(364, -1), { deviceTime: '2019-02-27T11:10:30' })).toEqual({
      code: 'MDC_TEMP_BODY',
      mdc: 150364,
      unit: 'Cel',
      value: { kind: 'decimal', mantissa: 364, exponent: -1 },
      deviceTime: '2019-02-27T11:10:30',
      context: null,
    });
    expect(measured('ownName', '', decimal(1)).context).toEqual(new Map([[8, true]]));
    const context = { bodySite: 'finger', meal: null, status: undefined };
    expect(measured('ownName', '', decimal(1), { context }).context).toEqual(
      new Map<number, unknown>([
        [1, 'finger'],
        [8, true],
      ]),
    );
  });
});

describe('the registry', () => {
  it.each(['2A19', '2a19', '00002a19-0000-1000-8000-00805f9b34fb', '00002A19-0000-1000-8000-00805F9B34FB'])(
    'finds %s',
    (uuid) => {
      expect(characteristicName(uuid)).toBe('Battery Level');
      expect(decodeCharacteristic(uuid, bytes('64')).measurements).toHaveLength(1);
    },
  );

  it.each(['2AFF', '__proto__', '', 'f000aa01-0451-4000-b000-000000000000'])('does not know %j', (uuid) => {
    expect(characteristicName(uuid)).toBeNull();
    expect(codeOf(() => decodeCharacteristic(uuid, bytes('64')))).toBe('characteristic_unknown');
  });

  it('refuses what no attribute can hold', () => {
    expect(codeOf(() => decodeCharacteristic('2A19', new Uint8Array(513)))).toBe('characteristic_malformed');
  });
});
