import { formatAddress, utf8, VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { type Device, Devices, formatDevices, parseAssignment, parseDevices } from './devices.ts';

const address = new Uint8Array(20).fill(7);

function book(devices: Device[] = []): { devices: Devices; saved: () => string } {
  let text = formatDevices(devices);
  const save = (rows: readonly Device[]) => {
    text = formatDevices(rows);
  };
  return { devices: new Devices(devices, save), saved: () => text };
}

describe('devices', () => {
  it('shows a password once, and knows it again', () => {
    const { devices, saved } = book();
    const added = devices.add('pump-1', 'enrolled');
    expect(added).toMatchObject({
      device: 'pump-1',
      username: 'pump-1',
      topics: { json: 'vitalseal/pump-1/json', 'senml-cbor': 'vitalseal/pump-1/senml-cbor' },
    });
    expect(saved()).not.toContain(added.password);
    const again = new Devices(parseDevices(saved()), () => {});
    expect(again.lookup('pump-1')?.verifyPassword(utf8(added.password))).toBe(true);
    expect(again.lookup('pump-1')?.verifyPassword(utf8('wrong'))).toBe(false);
    expect(again.lookup('other')).toBeNull();
  });

  it('assigns to the enrolled owner, to another, to nobody', () => {
    const { devices, saved } = book();
    devices.add('a', parseAssignment(undefined));
    devices.add('b', parseAssignment(formatAddress(address)));
    devices.add('c', parseAssignment('none'));
    devices.assign('a', null);
    const again = new Devices(parseDevices(saved()), () => {});
    const enrolled = new Uint8Array(20);
    expect([...again.assignments(enrolled)]).toEqual([
      ['a', null],
      ['b', address],
      ['c', null],
    ]);
    again.assign('a', 'enrolled');
    expect(again.assignments(enrolled).get('a')).toBe(enrolled);
  });

  it('refuses bad, taken and unknown names', () => {
    const { devices } = book();
    for (const name of ['', '-x', 'a/b', 'a b', '+', '#', 'ü', 'x'.repeat(65)])
      expect(() => devices.add(name, null)).toThrowError(expect.objectContaining({ code: 'device_invalid' }));
    devices.add('a', null);
    expect(() => devices.add('a', null)).toThrowError(expect.objectContaining({ code: 'device_invalid' }));
    expect(() => devices.remove('b')).toThrowError(expect.objectContaining({ code: 'device_unknown' }));
    devices.remove('a');
    expect(devices.lookup('a')).toBeNull();
  });

  it('is unchanged when it could not be saved', () => {
    const devices = new Devices([], () => {
      throw new VitalsealError('disk_full');
    });
    expect(() => devices.add('a', null)).toThrowError(expect.objectContaining({ code: 'disk_full' }));
    expect(devices.list()).toEqual([]);
  });

  it('refuses a newer and a damaged file', () => {
    expect(() => parseDevices('{"version":2}')).toThrowError(expect.objectContaining({ code: 'store_newer' }));
    for (const text of [
      '',
      '{}',
      '{"version":1,"devices":[{}]}',
      '{"version":1,"devices":[null]}',
      '{"version":1,"devices":[{"name":"a","password":"","owner":"x"}]}',
    ])
      expect(() => parseDevices(text)).toThrowError(
        expect.objectContaining({ code: 'store_damaged', message: 'devices.json is damaged' }),
      );
  });
});
