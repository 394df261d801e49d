import { describe, expect, it } from 'vitest';
import { AllowList } from './allow.ts';
import type { BleDevice, BleMatch } from './directory.ts';
import type { Sighting } from './radio.ts';

const A = 'C0:26:DA:01:02:03';
const B = 'C0:26:DA:01:02:04';
const nobodyLinked = () => false;

function rule(device: string, match: Partial<BleMatch>): BleDevice {
  return { device, match: { address: null, name: null, service: null, ...match }, setClock: false };
}

function sighting(address: string, more: Partial<Sighting> = {}): Sighting {
  return {
    ...{ address, addressType: 'public', name: null, rssi: -60, services: [], serviceData: new Map() },
    ...{ manufacturerData: new Map(), paired: false, connected: false, ...more },
  };
}

function allowing(...rules: BleDevice[]): AllowList {
  const list = new AllowList();
  list.set(rules);
  return list;
}

describe('the allow list', () => {
  it('lets nothing in without a rule, nor by a service alone', () => {
    const list = allowing(rule('any', { service: '180D' }));
    expect(list.recognise(sighting(A, { services: ['180D'] }), 0, nobodyLinked).kind).toBe('unknown');
    expect(allowing().recognise(sighting(A), 0, nobodyLinked).kind).toBe('unknown');
  });

  it('asks that every part that is given agrees', () => {
    const list = allowing(rule('strap', { address: A.toLowerCase(), name: 'Strap', service: '180D' }));
    expect(list.recognise(sighting(A), 0, nobodyLinked).kind).toBe('unknown');
    expect(list.recognise(sighting(A, { name: 'Strap' }), 0, nobodyLinked).kind).toBe('unknown');
    const whole = sighting(A, { name: 'Strap', services: ['180D'] });
    expect(list.recognise(whole, 0, nobodyLinked)).toEqual({ kind: 'device', device: 'strap' });
    expect(list.recognise(sighting(B, { name: 'Strap', services: ['180D'] }), 0, nobodyLinked).kind).toBe('unknown');
    // The scan response is not part of every advertisement.
    expect(list.recognise(sighting(A), 0, nobodyLinked).kind).toBe('device');
    expect(list.recognise(sighting(A, { name: 'Other' }), 0, nobodyLinked).kind).toBe('unknown');
  });

  it('takes the first of two that fit one rule, and says that the other fits too', () => {
    const list = allowing(rule('band', { name: 'Band' }));
    expect(list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked).kind).toBe('device');
    expect(list.recognise(sighting(B, { name: 'Band' }), 1000, nobodyLinked)).toEqual({
      kind: 'taken',
      device: 'band',
    });
    expect([list.deviceAt(A), list.deviceAt(B), list.addressOf('band')]).toEqual(['band', null, A]);
  });

  it('gives two rules of one name to two devices', () => {
    const list = allowing(rule('left', { name: 'Band' }), rule('right', { name: 'Band' }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    expect(list.recognise(sighting(B, { name: 'Band' }), 1, nobodyLinked)).toEqual({ kind: 'device', device: 'right' });
  });

  it('follows a name to a new address once the old one is silent, never while it has a link', () => {
    const list = allowing(rule('band', { name: 'Band' }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    expect(list.recognise(sighting(B, { name: 'Band' }), 60_000, () => true).kind).toBe('taken');
    expect(list.recognise(sighting(B, { name: 'Band' }), 60_000, nobodyLinked).kind).toBe('device');
    expect([list.deviceAt(A), list.addressOf('band')]).toEqual([null, B]);
  });

  it('never lets a rule by name take an address that another rule names', () => {
    const list = allowing(rule('band', { name: 'Band' }), rule('meter', { address: A, service: '1808' }));
    expect(list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked).kind).toBe('unknown');
    const meter = sighting(A, { name: 'Band', services: ['1808'] });
    expect(list.recognise(meter, 0, nobodyLinked)).toEqual({ kind: 'device', device: 'meter' });
  });

  it('moves with an identity that was resolved', () => {
    const list = allowing(rule('band', { name: 'Band' }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    expect(list.identity(A, B)).toBe('band');
    expect([list.deviceAt(A), list.deviceAt(B), list.addressOf('band')]).toEqual([null, 'band', B]);
    expect(list.identity('00:00:00:00:00:01', '00:00:00:00:00:02')).toBeNull();
  });

  it('never moves to an address that another rule names, whatever identity is claimed', () => {
    const list = allowing(rule('band', { name: 'Band' }), rule('meter', { address: B }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    expect(list.identity(A, B)).toBeNull();
    expect(list.recognise(sighting(B), 0, nobodyLinked)).toEqual({ kind: 'device', device: 'meter' });
  });

  it('gives an address up to a rule that names it later', () => {
    const list = allowing(rule('band', { name: 'Band' }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    list.set([rule('band', { name: 'Band' }), rule('meter', { address: A })]);
    expect(list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked)).toEqual({ kind: 'device', device: 'meter' });
    expect(list.addressOf('band')).toBeNull();
  });

  it('forgets the addresses of what was removed or changed', () => {
    const list = allowing(rule('band', { name: 'Band' }), rule('strap', { address: B }));
    list.recognise(sighting(A, { name: 'Band' }), 0, nobodyLinked);
    list.recognise(sighting(B), 0, nobodyLinked);
    list.set([rule('band', { name: 'Other' }), rule('strap', { address: B })]);
    expect([list.addressOf('band'), list.addressOf('strap')]).toEqual([null, B]);
    list.set([]);
    expect(list.deviceAt(B)).toBeNull();
  });
});
