import { describe, expect, it } from 'vitest';
import { Collector, hex } from './collector.testing.ts';
import type { BleKind, PeripheralSpec } from './kinds.ts';
import type { Packet } from './peripheral.ts';
import { Tally } from './tally.ts';

const SHARE = 0.25;
const STORE = { records: 200 };

function strap(spec: Partial<PeripheralSpec> = {}): Packet[] {
  const collector = new Collector({ kind: 'heart-rate', rate: 100, ...spec }, ['2A37']);
  return collector.take(20_000);
}

function reported(collector: Collector): Packet[] {
  for (const uuid of ['2A18', '2A34', '2A52']) collector.subscribe(uuid);
  collector.write('2A52', '0101');
  const packets = collector.take(60_000);
  collector.peripheral.disconnected(collector.now);
  return packets;
}

const meter = (spec: Partial<PeripheralSpec> = {}) => new Collector({ kind: 'glucose-ble', ...STORE, ...spec });
const bytesOf = (packets: readonly Packet[]) => packets.map(({ bytes }) => hex(bytes));
const shareOf = (packets: readonly Packet[]) => packets.filter(({ damaged }) => damaged).length / packets.length;

describe('damage', () => {
  it('meets its share of the live values and of the stored records', () => {
    for (const packets of [strap({ bad: SHARE }), reported(meter({ bad: SHARE }))]) {
      expect(packets.length).toBeGreaterThan(200);
      expect(Math.abs(shareOf(packets) - SHARE)).toBeLessThan(0.08);
    }
  });

  it('takes the readings of what it meets, and leaves the rest as it was', () => {
    const whole = strap();
    strap({ bad: SHARE }).forEach((packet, i) => {
      if (packet.damaged) expect(packet.readings).toEqual([]);
      else expect(packet.readings).toEqual(whole[i]?.readings);
      expect(hex(packet.bytes) === hex(whole[i]?.bytes ?? new Uint8Array())).toBe(packet.damaged !== true);
    });
  });

  it('is the same for the same seed, and another for another', () => {
    expect(bytesOf(strap({ bad: SHARE }))).toEqual(bytesOf(strap({ bad: SHARE })));
    const places = (seed: number) => strap({ bad: SHARE, seed }).map(({ damaged = false }) => damaged);
    expect(places(1)).not.toEqual(places(2));
  });

  it('stays with a stored record, however often it is asked for', () => {
    const collector = meter({ bad: SHARE });
    expect(bytesOf(reported(collector))).toEqual(bytesOf(reported(collector)));
  });

  it('leaves the answer of a control point whole', () => {
    const packets = reported(meter({ bad: 1 }));
    expect(packets.pop()).toMatchObject({ characteristic: { uuid: '2A52' }, bytes: Uint8Array.of(6, 0, 1, 1) });
    expect(shareOf(packets)).toBe(1);
  });

  const HEALTH = { notificationOctets: 64 };
  const REPORT: Readonly<Record<string, string>> = { '2A18': '0101', '2A34': '0101', '2A5E': '0101', '2BDD': '0701' };

  it.each<[BleKind, string, readonly (string | number)[]]>([
    // flags
    ['heart-rate', '2A37', ['cut', 0]],
    ['thermometer', '2A1E', ['cut', 0]],
    ['oximeter', '2A5F', ['cut', 0]],
    // flags; the day
    ['thermometer', '2A1C', ['cut', 0, 7]],
    ['oximeter', '2A5E', ['cut', 0, 7]],
    ['scale', '2A9D', ['cut', 0, 5]],
    ['glucose-ble', '2A18', ['cut', 0, 5]],
    ['scale', '2A9C', ['cut', 1, 6]],
    // the first flags announce the second, which are reserved; the meal
    ['glucose-ble', '2A34', ['cut', 'longer', 6]],
    // a cuff's flags with a field; the day
    ['cuff', '2A35', ['cut', 'longer', 9]],
    ['cuff', '2A36', ['cut', 'longer']],
    // flags; the checksum
    ['cgm', '2AA7', ['cut', 1, 10]],
    // behind the segment's header: class, flags, flags of the time; those of a bundle
    ['health-sensor', '2B8B', ['cut', 1, 5, 6, 10]],
    ['health-sensor', '2BDD', ['cut', 5, 9, 10, 14]],
  ])('breaks a %s in each way of its %s', (kind, uuid, ways) => {
    const packets = (bad: number) => {
      const collector = new Collector({ kind, bad, rate: 100, ...STORE, ...HEALTH }, [uuid]);
      if (uuid === '2B8B') {
        collector.subscribe('2BF4');
        collector.write('2BF4', '01');
      }
      const request = REPORT[uuid];
      if (request !== undefined) {
        collector.subscribe('2A52');
        if (uuid === '2A34') collector.subscribe('2A18');
        collector.write('2A52', request);
      }
      return collector.take(4000).filter(({ characteristic }) => characteristic.uuid === uuid);
    };
    const whole = packets(0).map(({ bytes }) => bytes);
    const broken = packets(1).map(({ bytes }) => bytes);
    const seen = broken.map((bytes, i) => {
      const before = whole[i] ?? new Uint8Array();
      if (bytes.length !== before.length) return bytes.length < before.length ? 'cut' : 'longer';
      return bytes.findIndex((octet, at) => octet !== before[at]);
    });
    expect([...new Set(seen)].sort()).toEqual([...ways].sort());
    // Between two intervals of a strap, and nowhere else, a cut would go unseen.
    const lost = broken.map((bytes, i) => (whole[i]?.length ?? 0) - bytes.length).filter((octets) => octets > 0);
    expect(lost.some((octets) => octets % 2 === 0)).toBe(uuid !== '2A37');
  });
});

it('a tally counts packets, the readings of whole ones, and the damaged', () => {
  const packets = strap({ bad: SHARE });
  const tally = new Tally();
  for (const packet of packets) tally.add(packet);
  expect(tally).toMatchObject({
    packets: packets.length,
    readings: packets.reduce((sum, { readings }) => sum + readings.length, 0),
    damaged: packets.filter(({ damaged }) => damaged).length,
  });
});
