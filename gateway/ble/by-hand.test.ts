// A pairing that somebody calls off or refuses: what it waited for is not waited for any more, nothing of it stays, and no
// bond goes but the one that it makes anew.
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import type { MemoryRadio } from './radio.testing.ts';
import { addressOf, Site, strap } from './source.testing.ts';

const STRAP = addressOf(1);
const cancelled = expect.objectContaining({ code: 'cancelled' });

async function withStrap(): Promise<{ site: Site; radio: MemoryRadio; desk: AbortController }> {
  const site = new Site();
  site.radio.add(strap(1));
  site.allow('strap', { address: STRAP });
  await site.start();
  return { site, radio: site.radio, desk: new AbortController() };
}

/** The host is at it, and asks nothing, until the test says how it ends. */
function busy(radio: MemoryRadio) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const forget = radio.forget.bind(radio);
  let pairing = false;
  radio.pair = () => {
    pairing = true;
    return promise;
  };
  radio.forget = async (address) => {
    await forget(address);
    if (pairing) reject(new VitalsealError('device_gone'));
  };
  return {
    complete: () => {
      radio.paired.add(STRAP);
      resolve();
    },
    pairing: () => pairing,
  };
}

/** The host asks `times`, and hears no answer: only a device that is forgotten ends it. */
function deaf(radio: MemoryRadio, times = 1) {
  const host = busy(radio);
  const pair = radio.pair.bind(radio);
  let asked = 0;
  radio.pair = async (address, dialogue) => {
    for (; asked < times; asked++) void dialogue?.({ kind: 'authorize' }).catch(() => {});
    await pair(address, dialogue);
  };
  return { ...host, asked: () => asked };
}

describe('a pairing that is called off', () => {
  it('before the device is heard ends at once, and the next one begins', async () => {
    const { site, radio, desk } = await withStrap();
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.settle();
    desk.abort();
    await ended;
    const again = site.source.pair('strap', async () => true);
    await site.live(3);
    await again;
    expect([...radio.paired]).toEqual([STRAP]);
  });

  it('before it began does nothing', async () => {
    const { site, radio, desk } = await withStrap();
    await site.live(2);
    desk.abort();
    await expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    expect([radio.calls.pair, radio.calls.forget, site.status('strap').state]).toEqual([0, 0, 'live']);
  });

  it('while the host has asked nothing makes the host drop it', async () => {
    const { site, radio, desk } = await withStrap();
    const host = busy(radio);
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(3);
    expect(host.pairing()).toBe(true);
    desk.abort();
    await ended;
    expect([radio.calls.forget, radio.paired.size]).toEqual([1, 0]);
  });

  it('and comes about all the same leaves no bond', async () => {
    const { site, radio, desk } = await withStrap();
    const host = busy(radio);
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(3);
    radio.fail('forget', 'radio_timeout');
    desk.abort();
    await site.settle();
    host.complete();
    await ended;
    expect(radio.paired.size).toBe(0);
  });

  it('with a question open is answered with no, and nothing else is done', async () => {
    const { site, radio, desk } = await withStrap();
    const { promise, resolve } = Promise.withResolvers<null>();
    const ended = expect(site.source.pair('strap', () => promise, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(3);
    expect(radio.calls.pair).toBe(1);
    resolve(null);
    desk.abort();
    await ended;
    expect([radio.calls.forget, radio.paired.size]).toEqual([0, 0]);
  });

  it('takes no bond from a device that had one before', async () => {
    const { site, radio, desk } = await withStrap();
    radio.paired.add(STRAP);
    const host = busy(radio);
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(3);
    desk.abort();
    host.complete();
    await ended;
    expect([radio.calls.forget, [...radio.paired]]).toEqual([0, [STRAP]]);
  });
});

describe('a no that the host never ends', () => {
  it.each([
    ['of a person', async () => false, 'pairing_failed'],
    ['of who cannot be asked', () => Promise.reject(new Error('the terminal is gone')), 'pairing_failed'],
  ])('%s: the host drops the pairing after a few seconds', async (_who, dialogue, code) => {
    const { site, radio } = await withStrap();
    const host = deaf(radio);
    const ended = expect(site.source.pair('strap', dialogue)).rejects.toThrowError(expect.objectContaining({ code }));
    await site.live(3);
    expect(host.asked()).toBe(1);
    await site.live(10);
    expect(radio.calls.forget).toBe(1);
    await ended;
  });

  it('of somebody who calls it off ends it after a few seconds, too', async () => {
    const { site, radio, desk } = await withStrap();
    deaf(radio);
    const open = new Promise<null>(() => {});
    const ended = expect(site.source.pair('strap', () => open, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(3);
    desk.abort();
    await site.settle();
    expect(radio.calls.forget).toBe(0);
    await site.live(10);
    expect(radio.calls.forget).toBe(1);
    await ended;
  });

  it('is none where the host took the question back for another one', async () => {
    const { site, radio } = await withStrap();
    const host = deaf(radio, 2);
    const answers = [Promise.withResolvers<boolean | null>(), Promise.withResolvers<boolean | null>()];
    let asked = 0;
    const done = site.source.pair('strap', async () => answers[asked++]?.promise ?? null);
    await site.live(3);
    answers[0]?.resolve(null);
    await site.live(10);
    answers[1]?.resolve(true);
    host.complete();
    await done;
    expect([asked, radio.calls.forget, [...radio.paired]]).toEqual([2, 0, [STRAP]]);
  });

  it('takes nothing when it is said after the end', async () => {
    const { site, radio } = await withStrap();
    const host = deaf(radio);
    const { promise, resolve } = Promise.withResolvers<null>();
    const done = site.source.pair('strap', () => promise);
    await site.live(3);
    host.complete();
    await done;
    resolve(null);
    await site.live(10);
    expect([radio.calls.forget, [...radio.paired]]).toEqual([0, [STRAP]]);
  });
});

describe('a device that is to be paired anew', () => {
  async function withReset(): Promise<Awaited<ReturnType<typeof withStrap>>> {
    const site = new Site();
    const { radio } = site;
    radio.add(strap(1, { pairs: true }));
    radio.paired.add(STRAP);
    radio.reset.add(STRAP);
    site.allow('strap', { address: STRAP });
    await site.start();
    await site.live(5);
    expect(site.status('strap').problem).toBe('pairing_needed');
    return { site, radio, desk: new AbortController() };
  }

  it('keeps the bond that the host has when it is called off before it is heard, or not heard at all', async () => {
    const { site, radio, desk } = await withReset();
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.settle();
    desk.abort();
    await ended;
    const unheard = site.source.pair('strap', async () => true);
    const gone = expect(unheard).rejects.toThrowError(expect.objectContaining({ code: 'device_gone' }));
    await site.pass(60_000);
    await gone;
    expect([radio.calls.forget, [...radio.paired]]).toEqual([0, [STRAP]]);
  });

  it('is heard, forgotten, heard again, and paired', async () => {
    const { site, radio } = await withReset();
    const did: string[] = [];
    const forget = radio.forget.bind(radio);
    const pair = radio.pair.bind(radio);
    radio.forget = async (address) => {
      did.push('forget');
      await forget(address);
    };
    radio.pair = async (address, dialogue) => {
      if (dialogue !== null) did.push('pair');
      await pair(address, dialogue);
    };
    const done = site.source.pair('strap', async () => true);
    for (const wanted of [[], ['forget'], ['forget', 'pair']]) {
      await site.pass(1000);
      expect(did).toEqual(wanted);
      radio.advertiseAll();
    }
    expect(await done).toBe('paired');
    expect([...radio.paired]).toEqual([STRAP]);
  });

  it('keeps a bond in good use: it is paired already', async () => {
    const { site, radio } = await withStrap();
    radio.paired.add(STRAP);
    await site.live(3);
    expect(await site.source.pair('strap', async () => false)).toBe('was-paired');
    expect([radio.calls.forget, [...radio.paired], site.status('strap').state]).toEqual([0, [STRAP], 'live']);
  });
});

describe('a link that fails while it is paired', () => {
  const gone = expect.objectContaining({ code: 'device_gone' });

  it('before anybody was asked is made again, and once more', async () => {
    const { site, radio } = await withStrap();
    radio.fail('pair', 'device_gone', 2);
    const done = site.source.pair('strap', async () => true);
    await site.live(6);
    expect(await done).toBe('paired');
    expect([radio.calls.pair, [...radio.paired]]).toEqual([3, [STRAP]]);
  });

  it('for the third time is told', async () => {
    const { site, radio } = await withStrap();
    radio.fail('pair', 'device_gone', 9);
    const ended = expect(site.source.pair('strap', async () => true)).rejects.toThrowError(gone);
    await site.live(6);
    await ended;
    expect(radio.calls.pair).toBe(3);
  });

  it('after somebody was asked is told: nobody is asked twice', async () => {
    const { site, radio } = await withStrap();
    let asked = 0;
    radio.pair = async (_address, dialogue) => {
      await dialogue?.({ kind: 'authorize' });
      throw new VitalsealError('device_gone');
    };
    const dialogue = async () => ++asked > 0;
    const ended = expect(site.source.pair('strap', dialogue)).rejects.toThrowError(gone);
    await site.live(6);
    await ended;
    expect(asked).toBe(1);
  });

  it('and is made again where the device is elsewhere by now takes no bond that is there', async () => {
    const site = new Site();
    const { radio } = site;
    const [here, there] = [addressOf(1), addressOf(2)];
    radio.add(strap(1, { name: 'Strap' }));
    site.allow('strap', { name: 'Strap' });
    await site.start();
    const desk = new AbortController();
    const pair = radio.pair.bind(radio);
    radio.pair = async (address, dialogue) => {
      if (address === there) desk.abort();
      else {
        radio.drop(here);
        radio.resolve(here, there);
        radio.paired.add(there);
        throw new VitalsealError('device_gone');
      }
      return pair(address, dialogue);
    };
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.live(10);
    await ended;
    expect([...radio.paired]).toEqual([there]);
  });

  it('can be called off between two', async () => {
    const { site, radio, desk } = await withStrap();
    await site.live(2);
    let tried = 0;
    radio.pair = async (address) => {
      tried++;
      radio.drop(address);
      throw new VitalsealError('device_gone');
    };
    const ended = expect(site.source.pair('strap', async () => true, desk.signal)).rejects.toThrowError(cancelled);
    await site.settle();
    desk.abort();
    await ended;
    expect([tried, radio.paired.size]).toEqual([1, 0]);
  });
});

it('a pairing that is called off takes no bond of another device that has its old address', async () => {
  const [here, there] = [addressOf(1), addressOf(2)];
  const site = new Site();
  const { radio } = site;
  radio.add(strap(1), strap(2));
  radio.paired.add(here);
  site.allow('bed-1', { address: here });
  await site.start();
  await site.live(3);
  site.devices.length = 0;
  site.allow('bed-1', { address: there });
  site.allow('bed-2', { address: here });
  site.source.devicesChanged();
  await site.live(3);
  const host = busy(radio);
  const desk = new AbortController();
  const ended = expect(site.source.pair('bed-1', async () => true, desk.signal)).rejects.toThrowError(cancelled);
  await site.live(3);
  expect(host.pairing()).toBe(true);
  desk.abort();
  await ended;
  expect([radio.calls.forget, [...radio.paired]]).toEqual([1, [here]]);
  expect(site.status('bed-2').state).toBe('live');
});
