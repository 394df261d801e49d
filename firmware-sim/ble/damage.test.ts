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

  it.each<[BleKind, string, number]>([
    ['heart-rate', '2A37', 2],
    ['cuff', '2A35', 3],
    ['cgm', '2AA7', 2],
  ])('breaks a %s in each of its ways', (kind, uuid, ways) => {
    const take = (bad: number) => new Collector({ kind, bad, rate: 100 }, [uuid]).take(2000);
    const whole = take(0);
    const seen = take(1).map(({ bytes }, i) => {
      const before = whole[i]?.bytes.length ?? 0;
      return bytes.length === before ? 'same length' : bytes.length < before ? 'cut' : 'longer';
    });
    expect(new Set(seen).size).toBe(ways);
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
