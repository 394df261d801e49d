import { expect, it } from 'vitest';
import { characteristic } from './session/meter.testing.ts';
import { addressOf, beat, Site, strap } from './source.testing.ts';

it('60 devices on 5 slots are all served, in turns, never more than 5 at once', async () => {
  const site = new Site({ turnMs: 10_000 });
  for (let n = 0; n < 60; n++) {
    site.radio.add(strap(n));
    site.allow(`strap-${n}`, { name: `Strap ${n}` });
  }
  await site.start();
  for (let second = 0; second < 400; second++) {
    await site.live(1);
    for (const address of site.radio.linked) site.radio.notify(address, '2A37', beat(70));
  }
  await site.settle();
  const readings = site.source.status().map((status) => status.readings);
  expect(site.radio.mostLinked).toBe(5);
  expect(Math.min(...readings)).toBeGreaterThan(5);
  expect(Math.max(...readings)).toBeLessThan(4 * Math.min(...readings));
});

it('a meter that is heard for half a minute does not wait for a turn to end', async () => {
  const site = new Site({ connections: 2, turnMs: 600_000 });
  for (let n = 0; n < 4; n++) {
    site.radio.add(strap(n));
    site.allow(`strap-${n}`, { name: `Strap ${n}` });
  }
  site.allow('cuff', { address: addressOf(9) });
  await site.start();
  await site.live(20);
  site.radio.add({ address: addressOf(9), characteristics: [characteristic('1810', '2A35', 's')], services: ['1810'] });
  await site.live(4);
  expect(site.status('cuff').state).toBe('live');
});

it('500 reconnects leave nothing behind', async () => {
  const site = new Site();
  site.radio.add(strap(1));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(2);
  const [timers, counters] = [site.timers, Object.keys(site.source.counters()).length];
  for (let n = 0; n < 500; n++) {
    site.radio.notify(addressOf(1), '2A37', beat(70));
    site.radio.drop(addressOf(1));
    for (let second = 0; second < 30 && !site.radio.linked.has(addressOf(1)); second++) await site.live(1);
  }
  await site.settle();
  expect(site.status('strap')).toMatchObject({ state: 'live', connections: 501, readings: 500 });
  expect(site.timers).toBeLessThanOrEqual(timers);
  expect(Object.keys(site.source.counters())).toHaveLength(counters);
  await site.source.stop();
  expect([site.timers, site.radio.linked.size]).toEqual([0, 0]);
});

it('a live value costs no timer and no log line', async () => {
  const site = new Site({ connections: 50 });
  for (let n = 0; n < 50; n++) {
    site.radio.add(strap(n));
    site.allow(`strap-${n}`, { name: `Strap ${n}` });
  }
  await site.start();
  await site.live(3);
  // What waits for the links to be stable is over.
  await site.pass(60_000);
  const [timers, lines] = [site.timers, site.logged.length];
  const bytes = beat(70);
  for (let round = 0; round < 20; round++) for (let n = 0; n < 50; n++) site.radio.notify(addressOf(n), '2A37', bytes);
  expect([site.timers, site.logged.length, site.kept.length]).toEqual([timers, lines, 1000]);
});

it('a device that only advertises is never connected; each measurement is delivered once', async () => {
  const site = new Site();
  const serviceData = (id: number, tenths: number) =>
    new Map([['FCD2', Uint8Array.of(0x40, 0x00, id, 0x02, tenths & 0xff, tenths >> 8)]]);
  const sensor = { address: addressOf(1), characteristics: [] };
  site.allow('sensor', { address: addressOf(1) });
  site.radio.add({ ...sensor, serviceData: serviceData(1, 3650) });
  await site.start();
  await site.live(10);
  expect(site.kept).toHaveLength(1);
  expect(site.status('sensor')).toMatchObject({ state: 'advertising', readings: 1, connections: 0 });
  site.radio.add({ ...sensor, serviceData: serviceData(2, 3650) });
  await site.live(10);
  expect([site.kept.length, site.radio.calls.connect]).toEqual([2, 0]);
  site.radio.add({ ...sensor, serviceData: new Map([['FCD2', Uint8Array.of(0x40, 0x02, 1)]]) });
  await site.live(10);
  expect(site.kept.slice(2)).toMatchObject([{ kind: 'quarantine', reason: 'characteristic_truncated' }]);
});

it('a device that wants to be paired waits for a person, then goes on', async () => {
  const site = new Site();
  site.radio.add(strap(1, { pairs: true }));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(5);
  expect(site.status('strap')).toMatchObject({ problem: 'pairing_needed', paired: false });
  const asked: string[] = [];
  const paired = site.source.pair('strap', async (question) => {
    asked.push(question.kind);
    return true;
  });
  await site.live(3);
  await paired;
  await site.live(5);
  expect(asked).toEqual(['confirm']);
  expect(site.status('strap')).toMatchObject({ state: 'live', problem: null, paired: true });
});

it('pairing what is not there, or not ours, says so', async () => {
  const site = new Site();
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await expect(site.source.pair('nobody', async () => true)).rejects.toMatchObject({ code: 'device_unknown' });
  const failed = expect(site.source.pair('strap', async () => true)).rejects.toMatchObject({ code: 'device_gone' });
  await site.live(30);
  await failed;
  expect(site.timers).toBe(0);
});

it('a refused pairing leaves no link', async () => {
  const site = new Site();
  site.radio.add(strap(1, { pairs: true }));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(5);
  const failed = expect(site.source.pair('strap', async () => false)).rejects.toMatchObject({ code: 'pairing_failed' });
  await site.live(3);
  await failed;
  await site.live(5);
  expect(site.radio.linked.size).toBe(0);
});
