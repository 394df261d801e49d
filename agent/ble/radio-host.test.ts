// A pairing while no agent runs: nobody knows whether a bond that the host has is any good, and the command may end at any
// moment.
import type { PairingDialogue, Radio, RadioEvent, Sighting } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { radioHost } from './radio-host.ts';

const ADDRESS = 'C0:26:DA:01:02:03';
const code = (wanted: string) => expect.objectContaining({ code: wanted });
const yes: PairingDialogue = async () => true;

const rule = (device: string, address: string | null, name: string | null) => ({
  device,
  match: { address, name, service: null },
  setClock: false,
});
const BY_ADDRESS = rule('strap', ADDRESS, null);
const BY_NAME = rule('strap', null, 'strap');

/** A host that may have a bond with the one device around, and ends a pairing when it is answered or `end` is called. */
async function bench({ bonded = true, up = true, advertises = true, asks = true, rules = [BY_ADDRESS] } = {}) {
  const did: string[] = [];
  const timers = new Map<() => void, number>();
  let known = true;
  let listener: (event: RadioEvent) => void = () => {};
  let end = (_error?: Error) => {};
  const sighting = (): Sighting => ({
    ...{ address: ADDRESS, addressType: 'random', name: 'strap', rssi: -60, services: ['180D'] },
    ...{ serviceData: new Map(), manufacturerData: new Map(), paired: bonded, connected: false },
  });
  const never = () => Promise.reject(new Error('a command never does that'));
  const radio: Radio = {
    async start(to) {
      listener = to;
      if (up) listener({ kind: 'up' });
    },
    stop: async () => void did.push('stop'),
    fault: () => null,
    discover: async () => {},
    sightings: () => (known ? [sighting()] : []),
    async pair(_address, dialogue) {
      if (bonded) return;
      did.push('pair');
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      end = (error) => (error === undefined ? resolve() : reject(error));
      if (asks) void dialogue?.({ kind: 'confirm', passkey: '123456' }).then((answer) => answer === true && resolve());
      await promise;
      bonded = true;
    },
    async forget() {
      did.push(bonded ? 'forget a bond' : 'forget');
      known = false;
      bonded = false;
      end(new VitalsealError('device_gone'));
    },
    ...{ connect: never, disconnect: never, read: never, write: never, subscribe: never },
  };
  const after = (ms: number, work: () => void) => {
    timers.set(work, ms);
    return () => void timers.delete(work);
  };
  const devices = { list: () => rules };
  const host = await radioHost({ radio, devices, after });
  const desk = new AbortController();
  return {
    did,
    desk,
    host,
    pair: (dialogue: PairingDialogue = yes) => host.pair('strap', dialogue, desk.signal),
    isBonded: () => bonded,
    timers: () => timers.size,
    complete: () => end(),
    /** Each pause of `ms` ends, and the device is heard meanwhile. */
    async turn(ms = 250): Promise<void> {
      for (const [work, its] of [...timers]) {
        if (its !== ms) continue;
        timers.delete(work);
        work();
      }
      for (let n = 0; n < 3; n++) await new Promise(setImmediate);
      if (!advertises) return;
      known = true;
      listener({ kind: 'sighting', sighting: sighting() });
    },
  };
}

describe('a pairing without an agent', () => {
  it('of a device that the host is bonded with makes the bond anew, once it was heard', async () => {
    const { did, pair, turn, isBonded } = await bench();
    const asked: string[] = [];
    const done = pair(async ({ kind }) => asked.push(kind) > 0);
    await new Promise(setImmediate);
    expect(did).toEqual([]);
    for (let n = 0; n < 3; n++) await turn();
    await done;
    expect([did, asked, isBonded()]).toEqual([['forget a bond', 'pair'], ['confirm'], true]);
  });

  it('takes no bond of a device that is known by its name alone, which anybody may have', async () => {
    const { did, pair, isBonded } = await bench({ rules: [BY_NAME] });
    expect(await pair()).toBe('was-paired');
    expect([isBonded(), did]).toEqual([true, []]);
  });

  it('does not look at a device of that name that another rule names by its address', async () => {
    const { did, desk, pair, turn } = await bench({ rules: [BY_NAME, rule('other', ADDRESS, null)] });
    const cancelled = expect(pair()).rejects.toThrow(code('cancelled'));
    await turn();
    desk.abort();
    await turn();
    await cancelled;
    expect(did).toEqual([]);
  });

  it('takes no bond of a device that is not there, or when it is called off before', async () => {
    const gone = await bench({ advertises: false });
    const missed = expect(gone.pair()).rejects.toThrowError(code('device_gone'));
    for (let n = 0; n < 100; n++) await gone.turn();
    await missed;
    const { did, pair, turn, desk } = await bench();
    const cancelled = expect(pair()).rejects.toThrowError(code('cancelled'));
    await new Promise(setImmediate);
    desk.abort();
    await turn();
    await cancelled;
    expect([gone.did, gone.isBonded(), did]).toEqual([[], true, []]);
  });

  it('that is called off ends, and leaves no bond', async () => {
    const { did, pair, desk, isBonded, turn } = await bench({ bonded: false, asks: false });
    const ended = expect(pair()).rejects.toThrowError(code('cancelled'));
    await turn();
    desk.abort();
    await ended;
    expect([did, isBonded()]).toEqual([['pair', 'forget'], false]);
  });

  it('that comes about while it is called off leaves no bond', async () => {
    const { did, pair, desk, complete, isBonded, turn } = await bench({ bonded: false });
    const open = new Promise<null>(() => {});
    const ended = expect(pair(() => open)).rejects.toThrowError(code('cancelled'));
    await turn();
    desk.abort();
    complete();
    await ended;
    expect([did, isBonded()]).toEqual([['pair', 'forget a bond'], false]);
  });

  it('does not wait for a radio any longer when it is called off', async () => {
    const { pair, desk, turn } = await bench({ up: false });
    const ended = expect(pair()).rejects.toThrowError(code('cancelled'));
    desk.abort();
    await turn();
    await ended;
  });
});

describe('the end of a command', () => {
  it('calls off a pairing that goes on, and waits until nothing of it is left', async () => {
    const { did, pair, host, timers, turn } = await bench({ bonded: false, asks: false });
    const ended = expect(pair()).rejects.toThrowError(code('cancelled'));
    await turn();
    await host.stop();
    await ended;
    expect([did, timers()]).toEqual([['pair', 'forget', 'stop'], 0]);
  });

  it('waits for a host that does not answer, but not for ever', async () => {
    const { did, pair, host, turn } = await bench({ bonded: false });
    void pair(() => new Promise(() => {})).catch(() => {});
    await turn();
    const stopped = host.stop();
    await turn();
    expect(did).toEqual(['pair']);
    await turn(15_000);
    await stopped;
    expect(did).toEqual(['pair', 'stop']);
  });

  it('leaves nothing that goes on looking for a radio', async () => {
    const { pair, host, timers, turn } = await bench({ up: false });
    const pairing = expect(pair()).rejects.toThrowError(code('cancelled'));
    const scan = expect(host.sightings(0)).rejects.toThrowError(code('radio_unavailable'));
    const stopped = host.stop();
    await turn();
    await Promise.all([pairing, scan, stopped]);
    expect(timers()).toBe(0);
  });
});
