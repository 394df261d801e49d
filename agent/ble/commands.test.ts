// The commands of the control socket over a bare radio in memory: what a command does while no agent runs.
import type { BleDevice, PairingDialogue, Radio, RadioEvent, Sighting } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { bleCommands } from './commands.ts';
import type { PairingLook } from './pairing.ts';
import { radioHost } from './radio-host.ts';

const METER: Sighting = {
  ...{
    address: 'C0:26:DA:01:02:03',
    addressType: 'random',
    name: 'me\u001b[2Jter\u202e',
    rssi: -60,
    services: ['1808'],
  },
  ...{ serviceData: new Map(), manufacturerData: new Map(), paired: false, connected: false },
};
const DEVICE: BleDevice = {
  device: 'meter-1',
  match: { address: METER.address, name: null, service: null },
  setClock: false,
};

async function bench({ up = true, heard = [METER], devices = [DEVICE] as BleDevice[] } = {}) {
  const did: string[] = [];
  const never = () => Promise.reject(new Error('a command never does that'));
  const radio: Radio = {
    async start(listener: (event: RadioEvent) => void) {
      if (up) listener({ kind: 'up' });
    },
    stop: async () => void did.push('stop'),
    fault: () => (up ? null : { fault: 'blocked', bus: 'unix:path=/bus', adapter: 'hci0', adapters: ['hci0'] }),
    discover: async (on) => void did.push(`discover ${on}`),
    sightings: () => heard,
    async pair(address, dialogue: PairingDialogue | null) {
      const answer = await dialogue?.({ kind: 'confirm', passkey: '123456' });
      did.push(`paired ${address} ${answer}`);
      if (answer !== true) throw new VitalsealError('pairing_failed');
    },
    ...{ connect: never, disconnect: never, forget: never, read: never, write: never, subscribe: never },
  };
  // Time flies: each pause ends with the next turn, but the minute in which somebody should look.
  const after = (ms: number, work: () => void) => {
    if (ms >= 60_000) return () => {};
    const soon = setImmediate(work);
    return () => clearImmediate(soon);
  };
  const directory = { list: () => devices };
  const host = await radioHost({ radio, devices: directory, after });
  const handlers = bleCommands({ host, devices: directory, after });
  const ask = async (command: string, asked: object = {}) => handlers[command]?.({ ...asked });
  async function next(known: number): Promise<PairingLook> {
    for (;;) {
      const look = (await ask('ble-pair-look', { known })) as PairingLook;
      if (look.state !== 'working') return look;
    }
  }
  return { ask, next, did, host };
}

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('a scan', () => {
  it('lists what is heard, with names that steer no terminal', async () => {
    const { ask, did } = await bench();
    expect(await ask('ble-scan')).toMatchObject({
      sightings: [{ what: 'glucose meter', device: 'meter-1', name: 'me\u{FFFD}[2Jter\u{FFFD}' }],
    });
    expect(did).toEqual(['discover true']);
  });

  it('says that there is no radio, and why; a pairing too', async () => {
    const { ask, next } = await bench({ up: false });
    const blocked = { code: 'radio_unavailable', message: expect.stringContaining('rfkill unblock bluetooth') };
    await expect(ask('ble-scan')).rejects.toMatchObject(blocked);
    const { n } = (await ask('ble-pair', { device: 'meter-1' })) as PairingLook;
    expect(await next(n)).toMatchObject({ state: 'failed', ...blocked });
  });
});

describe('a pairing over the socket', () => {
  it('is a question, an answer, and an end', async () => {
    const { ask, next, did } = await bench();
    const begun = (await ask('ble-pair', { device: 'meter-1' })) as PairingLook;
    const asked = await next(begun.n);
    expect(asked).toMatchObject({ state: 'asks', question: { kind: 'confirm', passkey: '123456' } });
    await ask('ble-pair-answer', { n: asked.n, answer: true });
    expect(await next(asked.n)).toMatchObject({ state: 'done' });
    expect(did.at(-1)).toBe(`paired ${METER.address} true`);
  });

  it('takes the address for the name, and only what was added', async () => {
    const { ask } = await bench();
    expect(await ask('ble-pair', { device: METER.address.toLowerCase() })).toMatchObject({ state: 'working' });
    await ask('ble-pair-cancel');
    for (const device of ['meter-2', 'C0:26:DA:01:02:04', ''])
      await expect(ask('ble-pair', { device })).rejects.toThrowError(code('device_unknown'));
  });

  it('fails when the device is not heard, or the answer is no', async () => {
    const silent = await bench({ heard: [{ ...METER, rssi: null }] });
    await silent.ask('ble-pair', { device: 'meter-1' });
    expect(await silent.next(1)).toMatchObject({ state: 'failed', code: 'device_gone' });
    const { ask, next } = await bench();
    await ask('ble-pair', { device: 'meter-1' });
    await ask('ble-pair-answer', { n: (await next(1)).n, answer: false });
    expect(await next(2)).toMatchObject({ state: 'failed', code: 'pairing_failed' });
  });

  it('that is cancelled waits for its device no longer, and the next one begins', async () => {
    const heard: Sighting[] = [];
    const { ask, next, did } = await bench({ heard });
    await ask('ble-pair', { device: 'meter-1' });
    await new Promise(setImmediate);
    await ask('ble-pair-cancel');
    heard.push(METER);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const { n } = (await ask('ble-pair', { device: 'meter-1' })) as PairingLook;
    expect(await next(n)).toMatchObject({ state: 'asks' });
    expect(did.filter((what) => what.startsWith('paired'))).toEqual([]);
  });

  it('refuses what is no answer', async () => {
    const { ask, next } = await bench();
    await ask('ble-pair', { device: 'meter-1' });
    const { n } = await next(1);
    for (const asked of [{ n }, { n: 'x', answer: true }, { n, answer: { yes: true } }])
      await expect(ask('ble-pair-answer', asked)).rejects.toThrowError(code('request_invalid'));
  });
});
