import { describe, expect, it } from 'vitest';
import { Collector, hex, START } from '../collector.testing.ts';
import { BLE_KINDS, type BleKind, createPeripheral } from '../kinds.ts';
import { ATT, type Packet } from '../peripheral.ts';
import { isSealed, sealed } from '../records/crc.ts';
import type { HealthSensor } from './health-sensor.ts';

const KINDS = Object.keys(BLE_KINDS) as BleKind[];
const withCrc = (text: string) => hex(sealed(Uint8Array.from(Buffer.from(text, 'hex'))));

describe.each(KINDS)('a simulated %s', (kind) => {
  it('advertises its first service, tells what it is, and sends nothing unasked', () => {
    const { peripheral } = new Collector({ kind, name: 'Sim' });
    const { name, services } = peripheral.advertisement(START);
    expect([name, services]).toEqual(['Sim', [peripheral.services[0]?.uuid]]);
    expect(peripheral.services.map(({ uuid }) => uuid)).toEqual(expect.arrayContaining(['180A', '180F']));
    expect(peripheral.due(START + 3_600_000)).toEqual([]);
  });

  it('can be told what to advertise in its place', () => {
    const { peripheral } = new Collector({ kind, advertises: [], serviceData: { '181D': '0a00' } });
    expect(peripheral.advertisement(START)).toMatchObject({
      services: [],
      serviceData: { '181D': Uint8Array.of(10, 0) },
    });
  });

  it('protects what it measures, and nothing else, when it is to be paired', () => {
    const collector = new Collector({ kind, protection: 'authenticated' });
    const closed = collector.peripheral.services
      .flatMap(({ characteristics }) => characteristics)
      .filter(({ protection = 'none' }) => protection === 'authenticated')
      .map(({ uuid }) => uuid);
    expect(closed.length).toBeGreaterThan(0);
    for (const open of ['2A29', '2A19', '2A2B']) expect(closed).not.toContain(open);
  });
});

describe('the rhythm of a device', () => {
  it('is its own, and does not make up for a time when nobody asked', () => {
    const strap = new Collector({ kind: 'heart-rate' }, ['2A37']);
    expect(strap.peripheral.nextMs()).toBeGreaterThan(START);
    expect(Array.from({ length: 10 }, () => strap.take().length)).toEqual(new Array(10).fill(1));
    expect(strap.take(60_000)).toHaveLength(1);
  });

  it('can be set to another, which is kept exactly', () => {
    const strap = new Collector({ kind: 'heart-rate', rate: 20 }, ['2A37']);
    strap.take();
    expect(strap.take(10_000)).toHaveLength(200);
    strap.peripheral.setRate(null);
    strap.take();
    expect(strap.take()).toHaveLength(1);
  });

  it('ends with the subscription and with the link', () => {
    const strap = new Collector({ kind: 'heart-rate' }, ['2A37']);
    strap.subscribe('2A37', false);
    expect([strap.take(), strap.peripheral.nextMs()]).toEqual([[], null]);
    strap.subscribe('2A37');
    strap.peripheral.disconnected(strap.now);
    expect([strap.take(), strap.peripheral.nextMs()]).toEqual([[], null]);
  });
});

describe('a strap', () => {
  it('sends intervals that add up to the time, while it touches skin', () => {
    const strap = new Collector({ kind: 'heart-rate' }, ['2A37']);
    const packets = Array.from({ length: 300 }, () => strap.take()).flat();
    const intervals = packets.flatMap(({ readings }) => readings.filter(({ code }) => code.includes('RR')));
    const seconds = intervals.reduce((sum, { value }) => {
      if (value.kind !== 'decimal') throw new Error('no number');
      return sum + (value.mantissa * 10 ** value.exponent) / 1000;
    }, 0);
    expect(seconds).toBeGreaterThan(280);
    expect(seconds).toBeLessThanOrEqual(301);
    const lost = packets.filter(({ bytes }) => ((bytes[0] as number) & 0x02) === 0);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ bytes }) => ((bytes[0] as number) & 0x10) === 0)).toBe(true);
  });
});

describe('the clock of a device', () => {
  it('is as wrong as it was made, and right once it was set', () => {
    const cuff = new Collector({ kind: 'cuff', clockErrorMs: -3_600_000 });
    // 2026-11-21T04:30:00, a Saturday.
    expect(cuff.read('2A2B')).toBe('ea070b15041e00060000');
    cuff.write('2A2B', 'ea070b15051e00060000');
    expect(cuff.read('2A2B')).toBe('ea070b15051e00060002');
    expect(cuff.refusal('2A2B', 'ea070b15051e00')).toBe(ATT.invalidLength);
    expect(cuff.refusal('2A2B', 'ea070d15051e00060000')).toBe(0x80);
    cuff.subscribe('2A35');
    expect(hex(cuff.take().at(-1)?.bytes.subarray(7, 13) ?? new Uint8Array())).toBe('ea070b15051e');
  });

  it('stamps stored records with the time that it had', () => {
    const meter = new Collector({ kind: 'glucose-ble', records: 1, clockErrorMs: 86_400_000 }, ['2A18', '2A52']);
    meter.write('2A52', '0101');
    // An hour before the start, a day ahead.
    expect(hex(meter.take()[0]?.bytes.subarray(3, 10) ?? new Uint8Array())).toBe('ea070b16041e00');
  });
});

describe('a CGM', () => {
  it('seals everything that it says', () => {
    const cgm = new Collector({ kind: 'cgm' });
    for (const uuid of ['2AA8', '2AA9', '2AAA', '2AAB']) {
      expect(isSealed(Uint8Array.from(Buffer.from(cgm.read(uuid), 'hex')))).toBe(true);
    }
  });

  it('takes the current time for its session start, with the right checksum only', () => {
    const cgm = new Collector({ kind: 'cgm', records: 12, clockErrorMs: 86_400_000 });
    expect(cgm.read('2AAA')).toMatch(/^ea070b16041e00/);
    expect(cgm.refusal('2AAA', 'ea070b15051e000000')).toBe(0x80);
    expect(cgm.refusal('2AAA', 'ea070b15051e0000000000')).toBe(0x81);
    cgm.write('2AAA', withCrc('ea070b15051e000000'));
    expect(cgm.read('2AAA')).toMatch(/^ea070b15041e00/);
  });

  it('answers its control point: interval, stop, start, and what it does not support', () => {
    const cgm = new Collector({ kind: 'cgm', records: 3 }, ['2AAC', '2A52', '2AA7']);
    const ask = (request: string) => {
      cgm.write('2AAC', withCrc(request));
      return cgm.take().flatMap(({ bytes, characteristic: { uuid } }) => (uuid === '2AAC' ? [hex(bytes)] : []));
    };
    expect(ask('02')).toEqual([withCrc('0305')]);
    expect(ask('1a')).toEqual([withCrc('1c1a04')]);
    expect(ask('1b')).toEqual([withCrc('1c1b01')]);
    expect(ask('1a')).toEqual([withCrc('1c1a01')]);
    expect(ask('16')).toEqual([withCrc('1c1602')]);
    expect(cgm.refusal('2AAC', '02')).toBe(0x80);
    expect(cgm.refusal('2AAC', '020000')).toBe(0x81);
    // The new session has nothing to report.
    cgm.write('2A52', '0101');
    expect(hex(cgm.take(100).at(-1)?.bytes ?? new Uint8Array())).toBe('06000106');
  });
});

describe('a health sensor', () => {
  const ALL = ['2B8B', '2BDD', '2A52', '2BF4'];
  /** What its control point answers, and what it sends with that. */
  const tell = (sensor: Collector, request: string): [answer: string, packets: Packet[]] => {
    sensor.write('2BF4', request);
    const [answer, ...packets] = sensor.take(100);
    return [hex(answer?.bytes ?? new Uint8Array()), packets];
  };
  /** What it observes, its segments put together. */
  const observations = (packets: readonly Packet[]) => {
    const whole: { record: number | null; payload: string }[] = [];
    let payload = '';
    for (const { characteristic, bytes, record } of packets) {
      if (!['2B8B', '2BDD'].includes(characteristic.uuid)) continue;
      const header = bytes[0] as number;
      payload = (header & 1 ? '' : payload) + hex(bytes.subarray(1));
      if (header & 2) whole.push({ record, payload });
    }
    return whole;
  };

  it('sends live what it observes after it was told to, until it is told to stop', () => {
    const sensor = new Collector({ kind: 'health-sensor' }, ALL);
    expect(sensor.take(60_000)).toEqual([]);
    const [answer, first] = tell(sensor, '01');
    expect(answer).toBe('80');
    const live = [first, sensor.take(5000), sensor.take(5000)].map(observations);
    expect(live.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(tell(sensor, '01')).toEqual(['80', []]);
    expect(tell(sensor, '02')).toEqual(['80', []]);
    expect(sensor.take(60_000)).toEqual([]);
  });

  it('stores what it sends live: the same after its number', () => {
    const sensor = new Collector({ kind: 'health-sensor', records: 2 }, ALL);
    const [, first] = tell(sensor, '01');
    const live = observations([...first, ...[1, 2, 3].flatMap(() => sensor.take(5000))]);
    tell(sensor, '02');
    sensor.write('2A52', '07030103000000');
    const stored = observations(sensor.take());
    expect(live.map(({ record }) => record)).toEqual([null, null, null, null]);
    expect(stored.map(({ record }) => record)).toEqual([3, 4, 5, 6]);
    expect(stored.map(({ payload }) => payload)).toEqual(live.map(({ payload }, i) => `0${3 + i}000000${payload}`));
    expect(new Set(stored.map(({ payload }) => payload.length / 2))).toEqual(new Set([28, 49]));
  });

  it('sends segments that every link carries, counted over the whole connection', () => {
    const sensor = new Collector({ kind: 'health-sensor', records: 40 }, ALL);
    const dump = () => {
      sensor.write('2A52', '0701');
      return sensor.take().slice(0, -1);
    };
    const segments = [...dump(), ...dump()];
    expect(segments).toHaveLength(2 * 40 * 2.5);
    expect(segments.map(({ bytes }) => (bytes[0] as number) >> 2)).toEqual(segments.map((_, i) => i % 64));
    expect(Math.max(...segments.map(({ bytes }) => bytes.length))).toBe(20);
    sensor.peripheral.disconnected(sensor.now);
    for (const uuid of ALL) sensor.subscribe(uuid);
    expect(dump()[0]?.bytes[0]).toBe(0b01);
  });

  it('forgets with the link that it was told to start, and sends only what is subscribed', () => {
    const sensor = new Collector({ kind: 'health-sensor' }, ['2BF4']);
    expect(tell(sensor, '01')).toEqual(['80', []]);
    expect(sensor.take(60_000)).toEqual([]);
    sensor.subscribe('2B8B');
    expect(observations(sensor.take(5000))).toHaveLength(1);
    sensor.peripheral.disconnected(sensor.now);
    sensor.subscribe('2B8B');
    expect(sensor.take(60_000)).toEqual([]);
  });

  it('does not start while it reports, and refuses what it does not know', () => {
    const sensor = new Collector({ kind: 'health-sensor' }, ALL);
    sensor.write('2A52', '0701');
    sensor.write('2BF4', '01');
    expect(hex(sensor.take().at(-1)?.bytes ?? new Uint8Array())).toBe('81');
    expect(tell(sensor, '01')[0]).toBe('80');
    expect(sensor.refusal('2BF4', '03')).toBe(0x80);
    expect(sensor.refusal('2BF4', '0101')).toBe(ATT.invalidLength);
    sensor.subscribe('2BF4', false);
    expect(sensor.refusal('2BF4', '01')).toBe(ATT.notConfigured);
  });

  it('measures when it is told to, as often as it is told, and begins anew after a reset', () => {
    const sensor = new Collector({ kind: 'health-sensor', records: 5, measuresEveryMs: 60_000 }, ALL);
    const peripheral = sensor.peripheral as HealthSensor;
    const keys = () => peripheral.stored().map(({ key }) => key);
    expect([sensor.take(120_000), keys()]).toEqual([[], [1, 2, 3, 4, 5, 6, 7]]);
    expect(peripheral.measure(sensor.now)).toBe(8);
    tell(sensor, '01');
    expect(peripheral.nextMs()).toBe(sensor.now - 100 + 60_000);
    expect(observations([...sensor.take(60_000), ...sensor.take()])).toHaveLength(1);
    expect(peripheral.measure(sensor.now)).toBe(10);
    expect(observations(sensor.take())).toHaveLength(1);
    peripheral.reset();
    expect([keys(), peripheral.measure(sensor.now), keys()]).toEqual([[], 0, [0]]);
  });

  it('shows the clock that it stamps with', () => {
    const sensor = new Collector({ kind: 'health-sensor', clockErrorMs: 86_400_000, records: 1 }, ALL);
    const shown = (hexTime: string) => Buffer.from(hexTime, 'hex').readUIntLE(1, 6) + Date.UTC(2000, 0);
    expect(sensor.read('2BF2')).toMatch(/^2a.{12}00000000$/);
    expect(shown(sensor.read('2BF2'))).toBe(START + 86_400_000);
    sensor.write('2A52', '0701');
    const [stored] = observations(sensor.take());
    // After number, class, length, flags and type; an hour before the start.
    expect(shown(stored?.payload.slice(2 * 13, 2 * 22) ?? '')).toBe(START + 86_400_000 - 3_600_000);
  });
});

it('the same description makes the same device, on any machine', () => {
  const spec = { kind: 'glucose-ble', address: 'C0:26:DA:00:00:02', startMs: START } as const;
  const advertised = createPeripheral(spec).advertisement(START);
  expect(advertised).toEqual(createPeripheral(spec).advertisement(START));
  expect(advertised.name).toBe('Sim glucose-ble 0002');
});
