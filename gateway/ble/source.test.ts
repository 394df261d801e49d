import { describe, expect, it } from 'vitest';
import { MemoryRadio, type RadioCall } from './radio.testing.ts';
import { glucoseRecord, METER, meterAnswers, type StoredRecord } from './session/meter.testing.ts';
import { addressOf, beat, Site, strap } from './source.testing.ts';

/** One strap that is allowed by its address, live. */
async function withStrap(limits = {}): Promise<Site> {
  const site = new Site(limits);
  site.radio.add(strap(1));
  site.allow('strap', { address: addressOf(1) });
  await site.start();
  await site.live(2);
  return site;
}

function meter(n: number, records: readonly StoredRecord[]) {
  const answer = (uuid: string, bytes: Uint8Array) => (uuid === '2A52' ? meterAnswers(records, bytes) : []);
  const values = new Map([
    ['2A29', new TextEncoder().encode('Maker')],
    ['2A24', new TextEncoder().encode('One')],
    ['2A26', new TextEncoder().encode('1.0')],
    ['2A19', Uint8Array.of(90)],
    ['2A2B', Uint8Array.of(0xea, 0x07, 11, 21, 6, 0, 0, 6, 0, 0)],
  ]);
  return { address: addressOf(n), characteristics: METER, name: 'Meter', services: ['1808'], answer, values };
}

describe('a device of the allow list', () => {
  it('is connected, read, and delivered with the gateway’s clocks', async () => {
    const site = await withStrap();
    expect(site.status('strap')).toMatchObject({ state: 'live', problem: null, connections: 1, rssi: -60 });
    site.radio.notify(addressOf(1), '2A37', beat(72));
    site.radio.notify(addressOf(1), '2A37', beat(73));
    await site.settle();
    expect(site.kept).toMatchObject([
      { kind: 'readings', device: 'strap', origin: null, alarm: false, readings: [{ code: 'MDC_HF_HR', group: 0 }] },
      { readings: [{ value: { mantissa: 73 }, monotonicMs: site.nowMs, group: 1, clock: 'synchronised' }] },
    ]);
    expect(site.source.counters()).toMatchObject({ ble_connections: 1, ble_readings: 2, ble_links: 1 });
    expect(site.radio.discovering).toBe(false);
    expect(JSON.stringify(site.logged)).not.toMatch(/72|C0:26/);
  });

  it('is the only one that is connected', async () => {
    const site = await withStrap();
    site.radio.add(strap(2));
    site.source.sightings();
    await site.live(3);
    expect([...site.radio.linked]).toEqual([addressOf(1)]);
    expect(site.source.counters().ble_unknown).toBe(1);
    const around = new Map(site.source.sightings().map(({ address, connected }) => [address, connected]));
    expect([around.get(addressOf(1)), around.get(addressOf(2))]).toEqual([true, false]);
    await site.pass(20_000);
    expect(site.radio.discovering).toBe(false);
  });

  it('is known by a name alone; a second one of that name is counted, not connected', async () => {
    const site = new Site();
    site.radio.add(strap(1, { name: 'Band' }), strap(2, { name: 'Band' }));
    site.allow('band', { name: 'Band' });
    site.allow('other', { name: 'Nobody' });
    await site.start();
    await site.live(3);
    expect([...site.radio.linked]).toEqual([addressOf(1)]);
    expect(site.source.counters().ble_ambiguous).toBe(1);
    expect(site.status('band').address).toBe(addressOf(1));
  });

  it('is followed to its identity while it waits for a slot', async () => {
    const site = new Site({ connections: 1 });
    site.radio.add(strap(1), strap(2));
    site.allow('one', { address: addressOf(1) });
    site.allow('two', { name: 'Strap 2' });
    await site.start();
    await site.live(2);
    expect([site.status('one').state, site.status('two').state]).toEqual(['live', 'queued']);
    site.radio.resolve(addressOf(2), addressOf(3));
    site.radio.drop(addressOf(1));
    await site.live(1);
    expect([...site.radio.linked]).toEqual([addressOf(3)]);
    expect(site.status('two')).toMatchObject({ state: 'live', address: addressOf(3) });
  });

  it('keeps its link and its values when its identity is resolved', async () => {
    const site = await withStrap();
    site.radio.resolve(addressOf(1), addressOf(9));
    site.radio.notify(addressOf(9), '2A37', beat(70));
    await site.settle();
    expect(site.kept).toHaveLength(1);
  });

  it('is connected although an earlier life left its link behind, before or after it was added', async () => {
    const site = new Site();
    site.radio.add(strap(1), strap(2));
    for (const n of [1, 2]) await site.radio.connect(addressOf(n));
    site.allow('one', { address: addressOf(1) });
    await site.start();
    await site.live(3);
    expect(site.status('one').state).toBe('live');
    site.allow('two', { address: addressOf(2) });
    site.source.devicesChanged();
    await site.live(3);
    expect([site.status('one').connections, site.status('two').state]).toEqual([1, 'live']);
  });

  it('that was not heard since the start loses its bond too when it is removed', async () => {
    const site = new Site();
    site.radio.paired.add(addressOf(1));
    site.allow('strap', { address: addressOf(1) });
    await site.start();
    site.devices.splice(0);
    site.source.devicesChanged();
    await site.source.forget('strap');
    expect([...site.radio.paired]).toEqual([]);
  });

  it('is hung up at once when it is removed, and picked up again when it is added', async () => {
    const site = await withStrap();
    const removed = site.devices.splice(0);
    site.source.devicesChanged();
    await site.settle();
    expect([site.radio.linked.size, site.source.status().length, site.timers]).toEqual([0, 0, 0]);
    expect(site.radio.discovering).toBe(false);
    await site.source.forget('strap');
    expect(site.radio.calls.forget).toBe(1);
    site.devices.push(...removed);
    site.source.devicesChanged();
    await site.live(3);
    expect(site.status('strap').state).toBe('live');
  });
});

describe('a fault', () => {
  const CALLS: RadioCall[] = ['connect', 'subscribe', 'discover'];
  for (const call of CALLS) {
    for (const code of ['device_gone', 'radio_timeout', 'internal'] as const) {
      it(`of ${call} with ${code} ends in a live device all the same`, async () => {
        const site = new Site();
        site.radio.add(strap(1));
        site.radio.fail(call, code);
        site.allow('strap', { address: addressOf(1) });
        await site.start();
        // A subscription that a device refuses is left out for this link; there is nothing else to it here.
        await site.live(60);
        expect(site.status('strap').state).toBe('live');
        expect(site.radio.mostLinked).toBe(1);
      });
    }
  }

  for (const call of ['connect', 'subscribe', 'disconnect'] as const) {
    it(`of ${call} that never ends is given up`, async () => {
      const site = new Site();
      site.radio.add(strap(1));
      site.allow('strap', { address: addressOf(1) });
      site.radio.fail(call, 'hang');
      await site.start();
      await site.live(5);
      if (call === 'disconnect') site.radio.fail('subscribe', 'internal');
      await site.live(180);
      expect(site.status('strap').state).toBe('live');
    });
  }

  it('of the link is nothing but another connection', async () => {
    const site = await withStrap();
    site.radio.drop(addressOf(1));
    await site.live(10);
    expect(site.status('strap')).toMatchObject({ state: 'live', connections: 2 });
  });

  it('of the host drops every session, which go on by themselves', async () => {
    const site = await withStrap();
    site.radio.power(false);
    await site.live(30);
    expect(site.status('strap')).toMatchObject({ problem: 'radio_unavailable', state: 'waiting' });
    expect(() => site.source.sightings()).toThrow();
    expect(site.source.fault()).toMatchObject({ fault: 'off', adapter: 'hci0' });
    site.radio.power(true);
    expect(site.source.fault()).toBeNull();
    await site.live(5);
    expect(site.status('strap')).toMatchObject({ problem: null, state: 'live' });
  });

  it('of the host ends what it heard: another host is another room', async () => {
    const site = new Site();
    site.radio.add(strap(1));
    site.allow('other', { address: addressOf(9) });
    await site.start();
    site.source.sightings();
    await site.live(3);
    expect(site.source.sightings()).toHaveLength(1);
    site.radio.power(false);
    await site.pass(2000);
    site.radio.power(true);
    await site.pass(2000);
    expect(site.source.sightings()).toEqual([]);
  });

  it('that there is no host at all is told, and forgotten when there is one', async () => {
    const site = new Site({}, new MemoryRadio(false));
    site.radio.add(strap(1));
    site.allow('strap', { address: addressOf(1) });
    await site.start();
    expect(site.status('strap')).toMatchObject({ state: 'unseen', problem: 'radio_unavailable' });
    site.radio.power(true);
    await site.live(5);
    expect(site.status('strap').state).toBe('live');
    await site.source.stop();
  });
});

describe('stored records', () => {
  it('are fetched, their cursor kept, and only newer ones fetched the next time', async () => {
    const records = Array.from({ length: 40 }, (_, i) => glucoseRecord(i + 1, 55 + (i % 40)));
    const site = new Site();
    site.radio.add(meter(1, records));
    site.allow('meter', { address: addressOf(1) });
    await site.start();
    await site.live(5);
    expect(site.records()).toEqual(records.map(({ sequence }) => sequence));
    expect(site.cursors.get('meter')?.length).toBeGreaterThan(0);
    expect(site.status('meter')).toMatchObject({ manufacturer: 'Maker', model: 'One', firmware: '1.0', battery: 90 });
    records.push(glucoseRecord(41, 60));
    site.radio.drop(addressOf(1));
    await site.live(10);
    expect(site.records().at(-1)).toBe(41);
    expect([site.records().length, site.duplicates]).toEqual([41, 0]);
  });

  it('are neither lost nor doubled by an inbox that refuses for a while', async () => {
    const records = Array.from({ length: 20 }, (_, i) => glucoseRecord(i + 1, 60));
    const site = new Site();
    site.radio.add(meter(1, records));
    site.allow('meter', { address: addressOf(1) });
    site.refuses = 'disk_full';
    await site.start();
    await site.live(30);
    expect([site.kept.length, site.cursors.size]).toEqual([0, 0]);
    expect(site.status('meter').problem).toBe('disk_full');
    site.refuses = null;
    await site.live(200);
    expect(site.records()).toEqual(records.map(({ sequence }) => sequence));
    expect(site.status('meter').problem).toBeNull();
    expect(site.source.counters().ble_undelivered).toBeGreaterThan(0);
  });

  it('without a reading go to quarantine once, and the cursor passes them', async () => {
    // A number, a time, and nothing that was measured then.
    const empty = { sequence: 2, bytes: Uint8Array.of(0, 2, 0, 0xe9, 0x07, 5, 21, 0, 2, 0) };
    const site = new Site();
    site.radio.add(meter(1, [glucoseRecord(1, 60), empty, glucoseRecord(3, 61)]));
    site.allow('meter', { address: addressOf(1) });
    await site.start();
    await site.live(5);
    site.radio.drop(addressOf(1));
    await site.live(10);
    const quarantined = site.kept.filter(({ kind }) => kind === 'quarantine');
    expect(quarantined).toMatchObject([{ reason: 'characteristic_empty', bytes: empty.bytes }]);
    expect(site.records()).toEqual([1, 3]);
    expect(site.source.counters().ble_quarantined).toBe(1);
  });
});

it('packets without a reading take no room in the quarantine from those that are damaged', async () => {
  // Contexts that say that nothing is known of tester and health; behind them a record that lacks its end.
  const records: StoredRecord[] = Array.from({ length: 300 }, (_, i) => {
    const record = glucoseRecord(1 + i, 60);
    return { ...record, beside: Uint8Array.of(4, record.sequence & 255, record.sequence >> 8, 0xff) };
  });
  records.push({ sequence: 301, bytes: glucoseRecord(301, 60).bytes.subarray(0, 12) });
  const site = new Site();
  site.radio.add(meter(1, records));
  site.allow('meter', { address: addressOf(1) });
  await site.start();
  await site.live(5);
  const reasons = new Set(site.kept.flatMap((one) => (one.kind === 'quarantine' ? [one.reason] : [])));
  expect(reasons).toEqual(new Set(['characteristic_empty', 'characteristic_truncated']));
});

describe('live values that the inbox refuses', () => {
  it('are counted as lost, and the reason is shown until one is kept again', async () => {
    const site = await withStrap();
    site.refuses = 'quota_exceeded';
    for (let i = 0; i < 10; i++) site.radio.notify(addressOf(1), '2A37', beat(70));
    await site.settle();
    expect(site.source.counters().ble_lost).toBe(10);
    expect(site.status('strap')).toMatchObject({ state: 'live', problem: 'quota_exceeded' });
    site.refuses = null;
    site.radio.notify(addressOf(1), '2A37', beat(70));
    await site.settle();
    expect(site.status('strap').problem).toBeNull();
  });

  it('do not pile up before one that says nothing', async () => {
    const site = await withStrap({ inFlight: 16 });
    site.silent = true;
    for (let i = 0; i < 50; i++) site.radio.notify(addressOf(1), '2A37', beat(70));
    await site.settle();
    expect([site.kept.length, site.source.counters().ble_lost]).toEqual([16, 34]);
    const stopped = site.source.stop();
    await site.pass(20_000);
    await stopped;
    expect(site.timers).toBe(0);
  });
});

it('a packet that cannot be decoded goes to quarantine with its reason, at a bounded rate', async () => {
  const site = await withStrap({ quarantineBurst: 3, quarantinePerSecond: 1 });
  for (let i = 0; i < 10; i++) site.radio.notify(addressOf(1), '2A37', Uint8Array.of(1, 2));
  await site.settle();
  expect(site.kept).toHaveLength(3);
  expect(site.kept[0]).toMatchObject({ kind: 'quarantine', device: 'strap', reason: 'characteristic_truncated' });
  expect(site.source.counters()).toMatchObject({ ble_quarantined: 10, ble_quarantine_dropped: 7 });
});

it('a device that floods is throttled, says so, and recovers', async () => {
  const site = await withStrap({ packetsPerSecond: 20 });
  for (let i = 0; i < 200; i++) site.radio.notify(addressOf(1), '2A37', beat(70));
  await site.settle();
  expect(site.status('strap')).toMatchObject({ state: 'throttled', throttled: 160 });
  expect(site.logged.filter(({ message }) => message.includes('throttled'))).toHaveLength(1);
  expect(site.radio.linked.size).toBe(0);
  await site.live(45);
  expect(site.status('strap').state).toBe('live');
  site.radio.notify(addressOf(1), '2A37', beat(70));
  await site.settle();
  expect(site.kept).toHaveLength(41);
});
