import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBleAddress, parseBleRule } from './bluetooth.ts';

const invalid = expect.objectContaining({ code: 'device_invalid' });

describe('a Bluetooth address', () => {
  it.each(['C0:26:DA:01:02:03', 'c0:26:da:01:02:03', 'C0-26-da-01-02-03', 'c026da010203', ' C0:26:DA:01:02:03\n'])(
    'is written in one way: %j',
    (text) => expect(parseBleAddress(text)).toBe('C0:26:DA:01:02:03'),
  );

  it.each(['', 'C0:26:DA:01:02', 'C0:26:DA:01:02:03:04', 'C0:26-DA:01:02:03', 'G0:26:DA:01:02:03', 'strap'])(
    'is not %j',
    (text) => expect(() => parseBleAddress(text)).toThrowError(invalid),
  );

  it('is not that of nobody or of everybody', () => {
    for (const text of ['00:00:00:00:00:00', 'ffffffffffff']) expect(() => parseBleAddress(text)).toThrowError(invalid);
  });

  it('throws nothing else, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(parseBleAddress(text)).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });
});

describe('a rule', () => {
  it('takes a service in each of its spellings', () => {
    for (const service of ['180d', '0x180D', '0000180d-0000-1000-8000-00805f9b34fb'])
      expect(parseBleRule({ name: 'strap', service }).match.service).toBe('180D');
    const own = '6E400001-B5A3-F393-E0A9-E50E24DCCA9E';
    expect(parseBleRule({ name: 'strap', service: own }).match.service).toBe(own.toLowerCase());
  });

  it('is refused with a service alone, with nothing, and with what is no name or service', () => {
    for (const asked of [
      {},
      { service: '180D' },
      { name: '' },
      { name: 'a\u001b[2J' },
      { name: 'x'.repeat(249) },
      { name: 'x', service: 'heart' },
    ])
      expect(() => parseBleRule(asked)).toThrowError(invalid);
  });
});
