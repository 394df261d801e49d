// A device that is removed, or fails in an odd way, while something of it is under way: nothing more comes of it, and the
// others lose nothing by it.
import { expect, it } from 'vitest';
import { characteristic, METER } from './session/meter.testing.ts';
import { addressOf, beat, Site, strap } from './source.testing.ts';

async function remove(site: Site, device: string): Promise<void> {
  site.devices.splice(
    site.devices.findIndex((one) => one.device === device),
    1,
  );
  site.source.devicesChanged();
  await site.settle();
}

it('what a removed device still sends while it is hung up is not taken', async () => {
  const site = new Site();
  site.radio.add(strap(1));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(2);
  site.radio.fail('disconnect', 'hang');
  site.radio.notify(addressOf(1), '2A37', beat(70));
  await remove(site, 'strap');
  site.radio.notify(addressOf(1), '2A37', beat(71));
  await site.settle();
  expect(site.kept).toHaveLength(1);
});

it('the slot of a removed device is free when its link has ended, not before', async () => {
  const site = new Site({ connections: 1 });
  site.radio.add(strap(1), strap(2));
  site.allow('one', { address: addressOf(1) });
  site.allow('two', { address: addressOf(2) });
  await site.start();
  await site.live(2);
  site.radio.fail('disconnect', 'hang');
  await remove(site, 'one');
  await site.live(3);
  expect([...site.radio.linked]).toEqual([addressOf(1)]);
  expect(site.status('two').state).toBe('queued');
  site.radio.drop(addressOf(1));
  await site.live(3);
  expect([...site.radio.linked]).toEqual([addressOf(2)]);
});

it('a radio that breaks its promises ends one effect, not the process', async () => {
  const site = new Site();
  const characteristics = [characteristic('180D', '2A37', 's'), characteristic('180F', '2A19', 's')];
  site.radio.add(strap(1, { characteristics }));
  site.allow('strap', { address: addressOf(1) });
  const { radio } = site;
  const subscribe = radio.subscribe.bind(radio);
  radio.subscribe = (address, handle) => {
    if (handle.endsWith('2A19')) throw new TypeError('no promise');
    return subscribe(address, handle);
  };
  await site.start();
  await site.live(2);
  expect(site.status('strap').state).toBe('live');
});

it('an identity that somebody else has a link under is not taken from it', async () => {
  const site = new Site();
  site.radio.add(strap(1), strap(2));
  site.allow('one', { address: addressOf(1) });
  site.allow('two', { name: 'Strap 2' });
  await site.start();
  await site.live(2);
  expect(site.radio.linked.size).toBe(2);
  site.radio.claim(addressOf(2), addressOf(1));
  site.radio.notify(addressOf(1), '2A37', beat(72));
  await site.settle();
  expect(site.kept.map(({ device }) => device)).toEqual(['one']);
  expect(site.status('two').address).toBe(addressOf(2));
});

it.each(['discover', 'connect', 'subscribe', 'read', 'write', 'pair', 'disconnect'] as const)(
  'a stop while a %s hangs ends in bounded time, and leaves no timer',
  async (call) => {
    const site = new Site();
    site.radio.add({ ...strap(1, { characteristics: METER }), pairs: call === 'pair' });
    site.allow('meter', { address: addressOf(1) });
    if (call === 'pair') site.radio.fail('pair', 'hang');
    await site.start();
    site.radio.fail(call, 'hang');
    await site.live(2);
    let stopped = false;
    void site.source.stop().then(() => {
      stopped = true;
    });
    await site.pass(11_000);
    expect([stopped, site.timers]).toEqual([true, 0]);
    await site.live(2);
    expect([site.radio.linked.size, site.timers]).toEqual([0, 0]);
  },
);

it('a device that lost its bond can be paired again, without being removed', async () => {
  const site = new Site();
  site.radio.add(strap(1, { pairs: true }));
  site.radio.paired.add(addressOf(1));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(2);
  expect(site.status('strap')).toMatchObject({ state: 'live', paired: true });
  site.radio.reset.add(addressOf(1));
  site.radio.drop(addressOf(1));
  await site.live(5);
  expect(site.status('strap').problem).toBe('pairing_needed');
  const asked: string[] = [];
  const paired = site.source.pair('strap', async ({ kind }) => {
    asked.push(kind);
    return true;
  });
  await site.live(3);
  await paired;
  await site.live(3);
  expect(asked).toEqual(['confirm']);
  expect(site.status('strap')).toMatchObject({ state: 'live', problem: null, paired: true });
});
