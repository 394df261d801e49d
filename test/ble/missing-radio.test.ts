// What is amiss between the gateway and the air has a word of its own, which goes when the fault does.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeBluezProcess } from '@vitalseal/firmware-sim';
import type { RadioFaultCode } from '@vitalseal/gateway';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../site/until.ts';
import { busIsThere, RadioSite, STRAP } from './radio-site.ts';

const PERIPHERALS = [{ kind: 'heart-rate', address: STRAP, seed: 1, rate: 20 }] as const;

describe.skipIf(!busIsThere())('the radio over BlueZ says what is amiss:', () => {
  let site: RadioSite;
  afterEach(() => site.stop());

  async function says(fault: RadioFaultCode | null): Promise<void> {
    await until(`the fault ${fault}`, () => (site.radio.fault()?.fault ?? null) === fault);
  }
  async function recovers(): Promise<void> {
    await says(null);
    await site.radio.discover(true);
    await site.happens('sighting');
  }

  it('no bus, then no bluetoothd, then nothing; and each again as it goes', async () => {
    site = await RadioSite.start(null, null);
    await site.killBus();
    await site.startRadio();
    const bus = `unix:path=${join(site.dir, 'bus')}`;
    expect(site.radio.fault()).toEqual({ fault: 'no-bus', bus, adapter: 'hci0', adapters: [] });
    await site.startBus();
    await says('no-host');
    await site.startBluez();
    await recovers();
    await site.bluez.stop();
    await says('no-host');
    await site.bluez.start();
    await says(null);
    await site.killBus();
    await says('no-bus');
  });

  it('no adapter of this name, and which there are', async () => {
    site = await RadioSite.start({ adapter: 'hci3' });
    expect(site.radio.fault()).toMatchObject({ fault: 'no-adapter', adapter: 'hci0', adapters: ['hci3'] });
    await site.bluez.stop();
    await site.startBluez();
    await recovers();
  });

  it('an adapter that rfkill blocks', async () => {
    site = await RadioSite.start();
    await says(null);
    site.bluez.setBlocked(true);
    await says('blocked');
    site.bluez.setBlocked(false);
    await recovers();
  });

  it('an adapter that is off', async () => {
    site = await RadioSite.start({ powered: false }, { power: false });
    await says('off');
    site.bluez.setPowered(true);
    await recovers();
  });

  it('a bluetoothd that hangs, from the start or later', async () => {
    site = await RadioSite.start(null, null);
    const bluez = await startFakeBluezProcess({
      ...{ busAddress: site.daemon.address, peripherals: PERIPHERALS, limits: { advertiseMs: 20 } },
    });
    try {
      process.kill(bluez.pid, 'SIGSTOP');
      await site.startRadio();
      await says('silent');
      process.kill(bluez.pid, 'SIGCONT');
      await recovers();
      process.kill(bluez.pid, 'SIGSTOP');
      await says('silent');
      process.kill(bluez.pid, 'SIGCONT');
      await says(null);
    } finally {
      await bluez.kill();
    }
    await says('no-host');
  });

  it('a bus that does not let this user speak to bluetoothd', async () => {
    site = await RadioSite.start({}, null);
    const file = join(site.dir, 'bus.conf');
    const open = readFileSync(file, 'utf8');
    const policy = (text: string) => {
      writeFileSync(file, text);
      process.kill(site.daemon.pid, 'SIGHUP');
    };
    policy(open.replace('</policy>', '<deny send_destination="org.bluez"/></policy>'));
    await site.startRadio();
    await says('denied');
    policy(open);
    await recovers();
  });

  it('to the log too, once each time that bluetoothd goes', async () => {
    site = await RadioSite.start();
    for (const times of [1, 2]) {
      await says(null);
      await site.bluez.stop();
      await says('no-host');
      expect(site.logged.filter((message) => message === 'bluetoothd does not run')).toHaveLength(times);
      await site.bluez.start();
    }
  });
});
