import { describe, expect, it } from 'vitest';
import { Collector, hex } from '../collector.testing.ts';
import type { PeripheralSpec } from '../kinds.ts';
import { ATT } from '../peripheral.ts';
import type { GlucoseMeter } from '../peripherals/glucose-meter.ts';
import { crc16, isSealed, sealed } from './crc.ts';

/** Asks a meter for its records. */
class Asker extends Collector {
  constructor(spec: Partial<PeripheralSpec> = {}, subscribed: readonly string[] = ['2A18', '2A34', '2A52']) {
    super({ kind: 'glucose-ble', records: 5, ...spec }, subscribed);
  }

  /** Keys of the records, then the answer. */
  ask(request: string): [keys: (number | null)[], answer: string] {
    this.write('2A52', request);
    const packets = this.take();
    const answer = packets.at(-1);
    const records = packets.slice(0, -1).filter(({ characteristic: { uuid } }) => uuid !== '2A34');
    return [records.map(({ record }) => record), answer === undefined ? '' : hex(answer.bytes)];
  }
}

describe('the record access control point of a glucose meter', () => {
  it.each([
    ['all', '0101', [1, 2, 3, 4, 5], '06000101'],
    ['at least', '0103010300', [3, 4, 5], '06000101'],
    ['at most', '0102010300', [1, 2, 3], '06000101'],
    ['a range', '01040102000400', [2, 3, 4], '06000101'],
    ['the first', '0105', [1], '06000101'],
    ['the last', '0106', [5], '06000101'],
    ['at least a number that is not there', '0103010900', [], '06000106'],
    ['a range that ends before it begins', '01040104000200', [], '06000105'],
    ['an operand where none belongs', '010101', [], '06000105'],
    ['no operand where one belongs', '0103', [], '06000105'],
    ['user facing time', '010302ea070b15051e2d', [], '06000109'],
    ['no operator', '0100', [], '06000103'],
    ['an operator that does not exist', '0107', [], '06000103'],
    ['how many', '0401', [], '05000500'],
    ['how many from a number on', '0403010400', [], '05000200'],
    ['to delete', '0201', [], '06000202'],
    ['what does not exist', '0901', [], '06000902'],
    ['to abort what does not run', '0300', [], '06000307'],
    ['to abort with an operator', '0301', [], '06000303'],
  ])('asked for %s', (_what, request, keys, answer) => {
    expect(new Asker().ask(request)).toEqual([keys, answer]);
  });

  it('sends each context after its measurement, under the same number', () => {
    const collector = new Asker({ records: 40 });
    collector.write('2A52', '0101');
    const packets = collector.take().slice(0, -1);
    const contexts = packets.flatMap((packet, i) => (packet.characteristic.uuid === '2A34' ? [i] : []));
    expect(contexts.length).toBeGreaterThan(5);
    for (const i of contexts) {
      expect(packets[i - 1]?.characteristic.uuid).toBe('2A18');
      expect(packets[i - 1]?.record).toBe(packets[i]?.record);
      expect((packets[i - 1]?.bytes[0] as number) & 0x10).toBe(0x10);
    }
  });

  it('is busy until its answer left, and can be aborted', () => {
    const collector = new Asker({ records: 300 });
    collector.write('2A52', '0101');
    expect(collector.refusal('2A52', '0101')).toBe(ATT.procedureInProgress);
    collector.now += 100;
    const begun = collector.peripheral.due(collector.now);
    expect(begun.length).toBeGreaterThan(3);
    expect(begun.length).toBeLessThan(300);
    collector.write('2A52', '0300');
    expect(collector.take().map(({ bytes }) => hex(bytes))).toEqual(['06000301']);
    expect(collector.ask('0106')).toEqual([[300], '06000101']);
  });

  it('refuses who did not subscribe', () => {
    expect(new Asker({}, ['2A18']).refusal('2A52', '0101')).toBe(ATT.notConfigured);
    expect(new Asker({}, ['2A52']).refusal('2A52', '0101')).toBe(ATT.notConfigured);
    expect(new Asker({}, ['2A52']).refusal('2A52', '0401')).toBe(null);
  });

  it('gives up with its link, and says everything again on the next', () => {
    const collector = new Asker();
    collector.write('2A52', '0101');
    collector.peripheral.disconnected(collector.now);
    expect(collector.take()).toEqual([]);
    for (const uuid of ['2A18', '2A52']) collector.subscribe(uuid);
    expect(collector.ask('0101')[0]).toEqual([1, 2, 3, 4, 5]);
  });

  it('can report out of order', () => {
    const [keys] = new Asker({ shuffles: true, records: 30 }).ask('0101');
    const sorted = Array.from({ length: 30 }, (_, i) => i + 1);
    expect(keys).not.toEqual(sorted);
    expect(keys.toSorted((a, b) => Number(a) - Number(b))).toEqual(sorted);
  });

  it('wraps its counter, and compares numbers as they are', () => {
    const collector = new Asker({ firstSequence: 65_533 });
    expect(collector.ask('0101')[0]).toEqual([65_533, 65_534, 65_535, 0, 1]);
    expect(collector.ask('010301feff')[0]).toEqual([65_534, 65_535]);
  });

  it('measures on demand, live where it can, and begins anew after a reset', () => {
    const collector = new Asker({ sendsLive: true });
    const meter = collector.peripheral as GlucoseMeter;
    expect(meter.measure(collector.now)).toBe(6);
    expect(collector.take()[0]).toMatchObject({ record: 6, characteristic: { uuid: '2A18' } });
    meter.reset();
    expect(meter.stored()).toEqual([]);
    meter.measure(collector.now);
    collector.take();
    expect(collector.ask('0101')[0]).toEqual([0]);
  });

  it('measures by itself as often as it is told, also while nobody is connected', () => {
    const collector = new Asker({ measuresEveryMs: 60_000, records: 0 });
    collector.now += 600_000;
    collector.take();
    expect(collector.ask('0101')[0]).toHaveLength(10);
  });
});

describe('the record access control points of others', () => {
  it('an oximeter gives all or nothing', () => {
    const collector = new Asker({ kind: 'oximeter', records: 3 }, ['2A5E', '2A52']);
    expect(collector.ask('0101')).toEqual([[0, 1, 2], '06000101']);
    expect(collector.ask('0103010100')).toEqual([[], '06000104']);
    expect(new Asker({ kind: 'oximeter', records: 0 }, ['2A5E', '2A52']).ask('0101')).toEqual([[], '06000106']);
  });

  it('a CGM counts in minutes since its session began, and every record is sealed', () => {
    const collector = new Asker({ kind: 'cgm', records: 4 }, ['2A52', '2AA7']);
    collector.take();
    collector.write('2A52', '0103010500');
    const packets = collector.take();
    expect(packets.map(({ record }) => record)).toEqual([5, 10, 15, 20, null]);
    for (const { bytes } of packets.slice(0, -1)) {
      expect(bytes[0]).toBe(bytes.length);
      expect(isSealed(bytes)).toBe(true);
    }
  });
});

describe('the record access control point of a health sensor', () => {
  const ALL = ['2B8B', '2BDD', '2A52', '2BF4'];
  const sensor = (spec: Partial<PeripheralSpec> = {}, subscribed = ALL) =>
    new Asker({ kind: 'health-sensor', notificationOctets: 64, ...spec }, subscribed);

  it.each([
    ['all', '0701', [1, 2, 3, 4, 5], '080005000000'],
    ['at least', '07030103000000', [3, 4, 5], '080003000000'],
    ['at least a number that is not there', '07030106000000', [], '06000706'],
    ['at least a number of 16 bits', '0703010300', [], '06000705'],
    ['user facing time', '070302ea070b15051e2d', [], '06000709'],
    ['at most', '07020103000000', [], '06000704'],
    ['the first', '0705', [], '06000704'],
    ['no operator', '0700', [], '06000703'],
    ['an operator that does not exist', '0707', [], '06000703'],
    ['a report that is not combined', '0101', [], '06000102'],
    ['to delete', '0201', [], '06000202'],
    ['how many', '0401', [], '050005000000'],
    ['how many from a number on', '04030104000000', [], '050002000000'],
    ['how many from a number on that is not there', '04030109000000', [], '050000000000'],
    ['to abort what does not run', '0300', [], '06000307'],
  ])('asked for %s', (_what, request, keys, answer) => {
    expect(sensor().ask(request)).toEqual([keys, answer]);
  });

  it('says that there are none', () => {
    expect(sensor({ records: 0 }).ask('0701')).toEqual([[], '06000706']);
  });

  it('counts in 32 bits, and goes on at 0 after the greatest number', () => {
    const collector = sensor({ firstSequence: 2 ** 32 - 2, records: 3 });
    expect(collector.ask('0701')).toEqual([[2 ** 32 - 2, 2 ** 32 - 1, 0], '080003000000']);
    expect(collector.ask('070301ffffffff')).toEqual([[2 ** 32 - 1], '080001000000']);
    expect(sensor({ firstSequence: 65_535 }).ask('07030100000100')[0]).toEqual([65_536, 65_537, 65_538, 65_539]);
  });

  it('wants the stored observations to be subscribed', () => {
    expect(sensor({}, ['2A52']).refusal('2A52', '0701')).toBe(ATT.notConfigured);
    expect(sensor({}, ['2A52']).refusal('2A52', '0401')).toBe(null);
  });

  it.each([
    ['0701', '0600070a'],
    ['0101', '0600010a'],
    ['0401', '0600040a'],
    ['0300', '06000307'],
  ])('while it sends live: to %s it says %s, and after a stop the records', (request, answer) => {
    const collector = sensor({ measuresEveryMs: 0 });
    collector.write('2BF4', '01');
    collector.take();
    expect(collector.ask(request)).toEqual([[], answer]);
    collector.write('2BF4', '02');
    collector.take();
    expect(collector.ask('0701')[0]).toEqual([1, 2, 3, 4, 5]);
  });

  it('is aborted between two observations, never within one', () => {
    const collector = sensor({ records: 300, notificationOctets: 20 });
    collector.write('2A52', '0701');
    collector.now += 100;
    const begun = collector.peripheral.due(collector.now);
    expect(new Set(begun.map(({ record }) => record)).size).toBeLessThan(30);
    expect((begun.at(-1)?.bytes[0] as number) & 0b10).toBe(0b10);
    collector.write('2A52', '0300');
    expect(collector.take().map(({ bytes }) => hex(bytes))).toEqual(['06000301']);
    // The counter goes on from what was sent.
    collector.write('2A52', '0701');
    expect((collector.take()[0]?.bytes[0] as number) >> 2).toBe(begun.length % 64);
  });
});

describe('the end-to-end checksum', () => {
  it('is CRC-16/MCRF4XX', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x6f91);
    expect(isSealed(sealed(Uint8Array.of(1, 2, 3)))).toBe(true);
    expect(isSealed(Uint8Array.of(1, 2, 3, 4, 5))).toBe(false);
  });
});
