// A pairing that somebody calls off: what it waited for is not waited for any more, and nothing of it stays.
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
