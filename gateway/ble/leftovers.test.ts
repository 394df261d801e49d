import { expect, it } from 'vitest';
import { AllowList } from './allow.ts';
import { hangUpLeftovers } from './leftovers.ts';
import type { Radio, Sighting } from './radio.ts';

const sighting = (last: string, connected: boolean): Sighting => ({
  ...{ address: `C0:26:DA:01:02:${last}`, addressType: 'random', name: null, rssi: null, services: [] },
  ...{ serviceData: new Map(), manufacturerData: new Map(), paired: false, connected },
});

it('ends the links of allowed devices that no session holds, and no others', () => {
  const ended: string[] = [];
  const radio = {
    sightings: () => [sighting('01', true), sighting('02', true), sighting('03', true), sighting('04', false)],
    async disconnect(address: string) {
      ended.push(address);
      throw new Error('it is gone by now');
    },
  } as Partial<Radio> as Radio;
  const allow = new AllowList();
  const rule = (last: string) => ({
    device: last,
    match: { address: `C0:26:DA:01:02:${last}`, name: null, service: null },
    setClock: false,
  });
  allow.set([rule('01'), rule('03'), rule('04')]);
  hangUpLeftovers(radio, allow, new Map([['C0:26:DA:01:02:03', {}]]), () => false, 0);
  expect(ended).toEqual(['C0:26:DA:01:02:01']);
});
