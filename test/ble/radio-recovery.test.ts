// The host, its adapter and the bus die and come back: the radio goes on without being started again.
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../site/until.ts';
import { busIsThere, RadioSite, STRAP } from './radio-site.ts';

describe.skipIf(!busIsThere())('a host that fails the radio over BlueZ', () => {
  let site: RadioSite;
  afterEach(() => site.stop());

  const code = (expected: string) => expect.objectContaining({ code: expected });

  /** Connected and subscribed, with a read that waits. */
  async function busy(codes = /^radio_unavailable$/): Promise<{ rejected: Promise<void> }> {
    site = await RadioSite.start({}, { timeouts: { gattMs: 5000 } });
    await site.find();
    await site.radio.discover(true);
    const handle = await site.connect();
    await site.radio.subscribe(STRAP, handle);
    await site.happens('value');
    site.bluez.hangNext('ReadValue');
    return {
      rejected: expect(site.radio.read(STRAP, handle)).rejects.toMatchObject({ code: expect.stringMatching(codes) }),
    };
  }

  /** As busy as before, by one more connect. */
  async function worksAgain(): Promise<void> {
    await site.happens('up', 2);
    await until('discovery to go on', () => site.bluez.discovering);
    const before = site.count('sighting');
    // A bus that hung has lost no link; a device that is connected advertises nothing.
    if (!site.bluez.isConnected(STRAP)) await until('a sighting', () => site.count('sighting') > before);
    const values = site.count('value');
    await site.radio.subscribe(STRAP, await site.connect());
    await until('a value', () => site.count('value') > values);
    await until('our agent', () => site.bluez.agents === 1);
  }

  it('starts without a bus, and without a host, and is up when they come', async () => {
    site = await RadioSite.start(null, null);
    await site.killBus();
    await site.startRadio();
    expect(site.events).toEqual([]);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('radio_unavailable'));
    await site.radio.discover(true);
    await site.startBus();
    await site.startBluez();
    await site.happens('sighting');
    expect(site.events[0]).toEqual({ kind: 'up' });
  });

  it('bluetoothd is killed, and comes back', async () => {
    const { rejected } = await busy();
    await site.bluez.stop();
    await rejected;
    await site.happens('down');
    expect(site.count('disconnected')).toBe(0);
    expect(site.radio.sightings()).toEqual([]);
    await expect(site.radio.connect(STRAP)).rejects.toThrow(code('radio_unavailable'));
    await site.bluez.start();
    await worksAgain();
    expect([site.count('up'), site.count('down')]).toEqual([2, 1]);
  });

  it('the bus is killed, and comes back', async () => {
    const { rejected } = await busy();
    await site.killBus();
    await rejected;
    await site.happens('down');
    await site.bluez.stop();
    await site.startBus();
    await site.startBluez();
    await worksAgain();
  });

  it('the bus hangs: its silence is noticed', async () => {
    const { rejected } = await busy();
    process.kill(site.daemon.pid, 'SIGSTOP');
    await site.happens('down');
    await rejected;
    process.kill(site.daemon.pid, 'SIGCONT');
    await worksAgain();
  });

  it('the adapter is switched off: all links are lost, and it is switched on again', async () => {
    // BlueZ may end the links first.
    const { rejected } = await busy(/^(radio_unavailable|device_gone)$/);
    site.bluez.setPowered(false);
    await rejected;
    await worksAgain();
    expect(site.bluez.powered).toBe(true);
  });

  it('an adapter that is not ours to switch stays off until somebody does', async () => {
    site = await RadioSite.start({ powered: false }, { power: false });
    await site.radio.discover(true);
    expect(site.events).toEqual([]);
    expect(site.bluez.powered).toBe(false);
    site.bluez.setPowered(true);
    await site.happens('sighting');
    expect(site.events[0]).toEqual({ kind: 'up' });
  });

  it('an adapter that is off is switched on, also when that fails at first', async () => {
    site = await RadioSite.start({ powered: false });
    await site.happens('up');
    expect(site.bluez.powered).toBe(true);
  });

  it('discovery that is in progress already is begun anew', async () => {
    site = await RadioSite.start();
    await site.happens('up');
    site.bluez.failNext('StartDiscovery', 'org.bluez.Error.InProgress');
    await site.radio.discover(true);
    await site.happens('sighting');
    expect(site.count('down')).toBe(0);
  });

  it('discovery that is stuck in progress costs a power cycle', async () => {
    site = await RadioSite.start();
    await site.happens('up');
    site.bluez.stallDiscovery();
    await site.radio.discover(true);
    await site.happens('sighting');
    expect([site.count('up'), site.count('down')]).toEqual([2, 1]);
  });

  it('discovery that hears nothing is restarted, then costs a power cycle, but not a second one', async () => {
    site = await RadioSite.start({}, { timeouts: { stallMs: 100, restartsBeforeCycle: 2 } });
    await site.radio.discover(true);
    await site.happens('sighting');
    site.bluez.vanish(STRAP);
    await site.happens('down');
    await site.happens('up', 2);
    const starts = site.bluez.calls.get('StartDiscovery') ?? 0;
    expect(starts).toBeGreaterThanOrEqual(3);
    await until('more restarts', () => (site.bluez.calls.get('StartDiscovery') ?? 0) > starts + 4);
    expect(site.count('down')).toBe(1);
    site.bluez.appear(STRAP);
    const heard = site.count('sighting');
    await until('a sighting', () => site.count('sighting') > heard);
  });

  it('silence means nothing while a link stands', async () => {
    site = await RadioSite.start({}, { timeouts: { stallMs: 50, restartsBeforeCycle: 0 } });
    await site.find();
    await site.connect();
    await site.radio.discover(true);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(site.count('down')).toBe(0);
    expect(site.logged).not.toContain('discovery hears nothing');
  });

  it('stops without a trace, and says nothing more', async () => {
    site = await RadioSite.start();
    await site.find();
    await site.radio.discover(true);
    await site.connect();
    await until('our agent', () => site.bluez.agents === 1);
    await site.radio.stop();
    expect(site.bluez.discovering).toBe(false);
    expect(site.bluez.isConnected(STRAP)).toBe(false);
    expect(site.bluez.agents).toBe(0);
    const said = site.events.length;
    site.bluez.setPowered(false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(site.events).toHaveLength(said);
    await site.radio.stop();
  });

  it('stops also when host or bus are gone', async () => {
    await (await RadioSite.start()).stop();
    site = await RadioSite.start();
    await site.find();
    await site.connect();
    await site.killBus();
    await site.radio.stop();
  });
});
