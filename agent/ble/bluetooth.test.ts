import type { BleDevice, RadioFault } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { Bluetooth, type RunningBle } from './bluetooth.ts';
import { unseen } from './host.ts';

/** Bluetooth over a radio that notes what is done to it. */
function bench(enabled?: boolean) {
  const did: string[] = [];
  const devices: BleDevice[] = [];
  const timers: { ms: number; work: () => void }[] = [];
  let broken: VitalsealError | null = null;
  let fault: RadioFault | null = null;
  const running: RunningBle = {
    devicesChanged: () => void did.push('changed'),
    fault: () => fault,
    status: () => devices.map(({ device }) => ({ ...unseen(device, null), state: 'live' })),
    sightings: () => {
      if (fault !== null) throw new VitalsealError('radio_unavailable');
      return [];
    },
    pair: async (device) => {
      did.push(`pair ${device}`);
      return 'paired';
    },
    forget: async (device) => {
      did.push(`forget ${device}`);
      throw new VitalsealError('radio_unavailable');
    },
    counters: () => ({ connections: 1 }),
    stop: async () => void did.push('stop'),
  };
  const bluetooth = new Bluetooth({
    enabled,
    devices: { list: () => devices },
    open: async () => {
      did.push('open');
      if (broken !== null) throw broken;
      return running;
    },
    after(ms, work) {
      const timer = { ms, work };
      timers.push(timer);
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
    },
    log: () => {},
  });
  const match = { address: 'C0:26:DA:01:02:03', name: null, service: null };
  return {
    ...{ bluetooth, did, timers },
    add: () => void devices.push({ device: 'strap', match, setClock: false }),
    remove: () => void devices.pop(),
    break: (error: VitalsealError | null) => {
      broken = error;
    },
    lack: (lacking: RadioFault | null) => {
      fault = lacking;
    },
    fire: () => timers.shift()?.work(),
  };
}

const turn = () => new Promise(setImmediate);
const unavailable = expect.objectContaining({
  code: 'radio_unavailable',
  message: 'agent.toml says [ble] enabled = false',
});

describe('Bluetooth', () => {
  it('is loaded with the first device, and let go some time after the last', async () => {
    const { bluetooth, did, timers, add, remove, fire } = bench();
    bluetooth.devicesChanged();
    await turn();
    expect(did).toEqual([]);
    add();
    bluetooth.devicesChanged();
    await turn();
    expect([did, bluetooth.status()[0]?.state, bluetooth.counters()]).toEqual([
      ['open', 'changed'],
      'live',
      { connections: 1 },
    ]);
    remove();
    // The bench's host cannot drop it.
    expect(await bluetooth.removed('strap')).toBe(false);
    expect(did.slice(2)).toEqual(['changed', 'forget strap']);
    expect(timers.map(({ ms }) => ms)).toEqual([30_000]);
    fire();
    await turn();
    expect(did.at(-1)).toBe('stop');
    add();
    bluetooth.devicesChanged();
    await turn();
    expect(did.slice(-2)).toEqual(['open', 'changed']);
    await bluetooth.stop();
    expect(did.at(-1)).toBe('stop');
    await expect(bluetooth.sightings(1)).rejects.toThrowError(expect.objectContaining({ code: 'closed' }));
  });

  it('serves a scan without any device, and ends when nobody asks any more', async () => {
    const { bluetooth, did, timers, fire } = bench();
    await bluetooth.sightings(5000);
    await bluetooth.sightings(5000);
    expect([did, timers.length]).toEqual([['open'], 1]);
    fire();
    await turn();
    expect(did).toEqual(['open', 'stop']);
  });

  it('is not touched where the configuration says no, and says so of each device', async () => {
    const { bluetooth, did, add } = bench(false);
    add();
    bluetooth.devicesChanged();
    await turn();
    expect([did, bluetooth.status()]).toEqual([[], [unseen('strap', 'radio_unavailable')]]);
    expect(bluetooth.fault()).toEqual({ fault: 'disabled' });
    await expect(bluetooth.sightings(1)).rejects.toThrowError(unavailable);
    const { signal } = new AbortController();
    await expect(bluetooth.pair('strap', async () => true, signal)).rejects.toThrowError(unavailable);
  });

  it('is on without a device where the configuration says yes', async () => {
    const { bluetooth, did } = bench(true);
    bluetooth.devicesChanged();
    await turn();
    expect(did).toEqual(['open', 'changed']);
  });

  it('says what the radio lacks, and to whoever asks for it in words', async () => {
    const { bluetooth, lack } = bench();
    expect(bluetooth.fault()).toBeNull();
    lack({ fault: 'no-host', bus: 'unix:path=/bus', adapter: 'hci0', adapters: [] });
    await expect(bluetooth.sightings(1)).rejects.toMatchObject({
      code: 'radio_unavailable',
      message: expect.stringContaining('systemctl start bluetooth'),
    });
    expect(bluetooth.fault()).toMatchObject({ fault: 'no-host' });
    lack(null);
    expect([await bluetooth.sightings(1), bluetooth.fault()]).toEqual([[], null]);
  });

  it('that cannot start says why, and is tried again', async () => {
    const { bluetooth, did, timers, add, fire, break: fail } = bench();
    add();
    fail(new VitalsealError('radio_timeout'));
    bluetooth.devicesChanged();
    await turn();
    expect(bluetooth.status()[0]?.problem).toBe('radio_timeout');
    fail(null);
    expect(timers.map(({ ms }) => ms)).toEqual([60_000]);
    fire();
    await turn();
    expect([did, bluetooth.status()[0]?.problem]).toEqual([['open', 'open', 'changed'], null]);
  });
});
