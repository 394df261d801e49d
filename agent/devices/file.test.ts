import { describe, expect, it } from 'vitest';
import type { Device } from './devices.ts';
import { formatDevices, parseDevices } from './file.ts';

const rows: Device[] = [
  { kind: 'mqtt', name: 'pump-1', password: 'hash', owner: 'enrolled' },
  {
    kind: 'ble',
    name: 'strap-1',
    owner: null,
    match: { address: 'C0:26:DA:01:02:03', name: null, service: null },
    setClock: false,
  },
  {
    kind: 'ble',
    name: 'meter-1',
    owner: null,
    match: { address: null, name: 'Glücksmeter', service: '1808' },
    setClock: true,
  },
];

describe('the file of devices', () => {
  it('gives back what was written', () => {
    expect(parseDevices(formatDevices(rows))).toEqual(rows);
    expect(parseDevices(formatDevices([]))).toEqual([]);
  });

  it('is read as version 1 wrote it, and becomes version 2 with the next change', () => {
    const old = '{"version":1,"devices":[{"name":"pump-1","password":"hash","owner":"enrolled"}]}';
    expect(parseDevices(old)).toEqual(rows.slice(0, 1));
    expect(JSON.parse(formatDevices(parseDevices(old)))).toMatchObject({ version: 2 });
  });

  it('refuses a newer one', () => {
    for (const text of ['{"version":3}', '{"version":3,"devices":[]}'])
      expect(() => parseDevices(text)).toThrowError(expect.objectContaining({ code: 'store_newer' }));
  });

  const row = (more: object) => JSON.stringify({ version: 2, devices: [{ name: 'a', owner: 'none', ...more }] });
  it.each([
    '',
    '{}',
    '{"version":1,"devices":[{}]}',
    '{"version":1,"devices":[null]}',
    '{"version":1,"devices":[{"name":"a","password":"","owner":"x"}]}',
    // Bluetooth came with version 2.
    '{"version":1,"devices":[{"name":"a","ble":{"name":"x","setClock":false},"owner":"none"}]}',
    row({}),
    row({ password: 'p', ble: { name: 'x', setClock: false } }),
    row({ ble: null }),
    row({ ble: { service: '180D', setClock: false } }),
    row({ ble: { name: 'x' } }),
    row({ ble: { name: 5, setClock: false } }),
    row({ ble: { name: 'x', setClock: false, key: 'of a later version' } }),
    row({ ble: { address: 'C0:26', setClock: false } }),
    '{"version":2,"devices":[{"name":"a","password":"p","owner":"none"},{"name":"a","password":"q","owner":"none"}]}',
  ])('drops no row that it does not understand: %s', (text) => {
    expect(() => parseDevices(text)).toThrowError(
      expect.objectContaining({ code: 'store_damaged', message: 'devices.json is damaged' }),
    );
  });
});
