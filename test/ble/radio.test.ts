import { afterEach, describe, expect, it } from 'vitest';
import { busIsThere, HEART_RATE, RadioSite, STRAP } from './radio-site.ts';

describe.skipIf(!busIsThere())('the radio over BlueZ', () => {
  let site: RadioSite;
  afterEach(() => site.stop());

  it('finds, connects, reads, subscribes and hears values', async () => {
    site = await RadioSite.start();
    const sighting = await site.find();
    expect(sighting).toMatchObject({ address: STRAP, addressType: 'random', paired: false, connected: false });
    expect(sighting.services).toContain('180D');
    expect(sighting.rssi).toBeLessThan(0);

    const characteristics = await site.radio.connect(STRAP);
    const measurement = characteristics.find(({ uuid }) => uuid === HEART_RATE);
    expect(measurement).toMatchObject({ service: '180D', canRead: false, canSubscribe: true });
    const manufacturer = characteristics.find(({ uuid }) => uuid === '2A29');
    const name = await site.radio.read(STRAP, manufacturer?.handle ?? '');
    expect(Buffer.from(name).toString()).not.toBe('');

    await site.radio.subscribe(STRAP, measurement?.handle ?? '');
    await site.happens('value', 5);
    expect(site.events.find(({ kind }) => kind === 'value')).toMatchObject({
      address: STRAP,
      handle: measurement?.handle,
    });
    // Asked for again, it is there already.
    await site.radio.subscribe(STRAP, measurement?.handle ?? '');

    await site.radio.disconnect(STRAP);
    expect(site.count('disconnected')).toBe(1);
    expect(site.bluez.isConnected(STRAP)).toBe(false);
    await expect(site.radio.read(STRAP, manufacturer?.handle ?? '')).rejects.toMatchObject({ code: 'device_gone' });
  });
});
