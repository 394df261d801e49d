import { formatAddress, utf8, VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { parseBleRule } from './bluetooth.ts';
import { type Device, Devices, parseAssignment } from './devices.ts';
import { formatDevices, parseDevices } from './file.ts';

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

  it('holds a Bluetooth device without a password: it cannot log in, and the radio may connect to it', () => {
    const { devices, saved } = book();
    devices.add('pump-1', 'enrolled');
    const rule = parseBleRule({ address: 'c0-26-da-01-02-03', service: '180d', setClock: true });
    const match = { address: 'C0:26:DA:01:02:03', name: null, service: '180D' };
    expect(devices.addBle('strap-1', null, rule)).toEqual({ device: 'strap-1', match, setClock: true });
    const again = new Devices(parseDevices(saved()), () => {});
    for (const known of [devices, again]) {
      expect(known.lookup('strap-1')).toBeNull();
      expect(known.ble.list()).toEqual([{ device: 'strap-1', match, setClock: true }]);
    }
    again.remove('strap-1');
    expect(again.ble.list()).toEqual([]);
    expect(again.lookup('pump-1')).not.toBeNull();
  });

  it('refuses a second device that would be taken for the first', () => {
    const { devices } = book();
    const add = (name: string, rule: Parameters<typeof parseBleRule>[0]) =>
      devices.addBle(name, null, parseBleRule(rule));
    add('a', { address: 'C026DA010203' });
    add('b', { name: 'strap' });
    for (const rule of [
      { address: 'c0:26:da:01:02:03', name: 'other' },
      { name: 'strap' },
      { name: 'strap', service: '180D' },
    ])
      expect(() => add('c', rule)).toThrowError(expect.objectContaining({ code: 'device_invalid' }));
    expect(() => add('a', { address: 'C0:26:DA:01:02:04' })).toThrowError(/of that name already/);
    add('d', { address: 'C0:26:DA:01:02:04', name: 'strap' });
    add('e', { name: 'Strap' });
  });

  it('never has a name that could be mistaken for the inbox’s user of a Bluetooth device', () => {
    const { devices } = book();
    for (const name of ['ble/strap-1', '/strap-1', 'ble/'])
      expect(() => devices.add(name, null)).toThrowError(expect.objectContaining({ code: 'device_invalid' }));
    devices.addBle('strap-1', null, parseBleRule({ name: 'x' }));
    expect(devices.lookup('ble/strap-1')).toBeNull();
  });
});
