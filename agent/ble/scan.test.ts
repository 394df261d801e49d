import type { BleDevice, Sighting } from '@vitalseal/gateway';
import { describe, expect, it } from 'vitest';
import { agrees, listSightings } from './scan.ts';

const sighting = (more: Partial<Sighting> = {}): Sighting => ({
  ...{ address: 'C0:26:DA:01:02:03', addressType: 'random', name: 'strap', rssi: -60, services: ['180D', '180F'] },
  ...{ serviceData: new Map(), manufacturerData: new Map(), paired: false, connected: false },
  ...more,
});

const device = (name: string, match: Partial<BleDevice['match']>): BleDevice => ({
  device: name,
  match: { address: null, name: null, service: null, ...match },
  setClock: false,
});

describe('a rule', () => {
  it.each([
    [{ address: 'C0:26:DA:01:02:03' }, true],
    [{ address: 'C0:26:DA:01:02:04' }, false],
    [{ name: 'strap' }, true],
    [{ name: 'Strap' }, false],
    [{ name: 'strap', service: '180D' }, true],
    [{ address: 'C0:26:DA:01:02:03', service: '1808' }, false],
    [{ address: 'C0:26:DA:01:02:03', name: 'other' }, false],
    // What parseBleRule refuses, all the same takes nobody.
    [{ service: '180D' }, false],
    [{}, false],
  ])('%j takes the strap: %j', (match, takes) => {
    expect(agrees(device('x', match).match, sighting())).toBe(takes);
  });
});

describe('a scan', () => {
  it('says what each is and which of ours, the strongest first', () => {
    const heard = [
      sighting(),
      sighting({ address: 'C0:26:DA:01:02:05', name: null, rssi: null, services: [] }),
      sighting({ address: 'C0:26:DA:01:02:04', name: 'm', rssi: -40, services: ['180A', '1808'], paired: true }),
      sighting({
        address: 'C0:26:DA:01:02:06',
        rssi: -90,
        services: [],
        serviceData: new Map([['1809', Uint8Array.of(1)]]),
      }),
    ];
    const listed = listSightings(heard, { list: () => [device('chest', { address: 'C0:26:DA:01:02:03' })] });
    expect(listed.map(({ address, what, device: ours }) => [address.slice(-2), what, ours])).toEqual([
      ['04', 'glucose meter', null],
      ['03', 'heart rate strap', 'chest'],
      ['06', 'thermometer', null],
      ['05', null, null],
    ]);
    // Bytes that a device advertises may be readings: they are not repeated.
    expect(JSON.stringify(listed)).not.toContain('Data');
  });
});
