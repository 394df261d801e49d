// The parts of stored records one by one: requests, answers, what makes a record itself, and how far a dump has come. The
// whole is tested with the session (session/stored-records.test.ts).
import { toHex } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REQUEST_ABORT, racpAnswer, requestAll, requestFrom } from './control-point.ts';
import { NO_CURSORS, type RecordPlace } from './cursor.ts';
import { arrived, beginDump, type Dump, over } from './dump.ts';
import { recordKey } from './identity.ts';
import { advance, settle } from './progress.ts';

const METER = { report: 1, numberBits: 16 } as const;
const SENSOR = { report: 7, numberBits: 32 } as const;

test('requests', () => {
  expect([requestAll(METER), REQUEST_ABORT, requestFrom(METER, 0x1234)].map(toHex)).toEqual([
    ...['0101', '0300', '0103013412'],
  ]);
  expect([requestAll(SENSOR), requestFrom(SENSOR, 0xfedc_ba98)].map(toHex)).toEqual(['0701', '07030198badcfe']);
});

test.each([
  ['06000101', { to: 'report', says: 'complete', count: null }],
  ['06000106', { to: 'report', says: 'none', count: null }],
  ['06000102', { to: 'report', says: 'unsupported', count: null }],
  ['06000104', { to: 'report', says: 'unsupported', count: null }],
  ['06000109', { to: 'report', says: 'unsupported', count: null }],
  ['06000108', { to: 'report', says: 'incomplete', count: null }],
  ['060001ff', { to: 'report', says: 'incomplete', count: null }],
  ['06000701', { to: 'report', says: 'complete', count: null }],
  ['06000706', { to: 'report', says: 'none', count: null }],
  ['06000702', { to: 'report', says: 'unsupported', count: null }],
  ['0600070a', { to: 'report', says: 'incomplete', count: null }],
  ['080005010000', { to: 'report', says: 'complete', count: 261 }],
  ['08000500', { to: 'report', says: 'complete', count: 5 }],
  ['0800', null],
  ['08000000000001', null],
  ['06000301', { to: 'abort', says: 'complete', count: null }],
  ['06000307', { to: 'abort', says: 'incomplete', count: null }],
  ['06000401', null],
  ['05000201', null],
  ['060001', null],
  ['0600010100', null],
  ['', null],
])('answer %s', (hex, answer) => {
  expect(racpAnswer(Uint8Array.from(Buffer.from(hex, 'hex')))).toEqual(answer);
});

describe('a record is itself', () => {
  const key = new Uint8Array(32);
  const bytes = Uint8Array.of(1, 2, 3);
  const id = { sequence: 7, baseTime: '2025-05-21T10:30:45' };
  const one = recordKey(key, 'meter', '2A18', id, null, bytes);

  test('whenever it comes', () => {
    expect(recordKey(key, 'meter', '2A18', id, null, bytes.slice())).toEqual(one);
    expect(one).toMatchObject({ series: '2A18', sequence: 7 });
  });

  test.each([
    ['device', recordKey(key, 'other', '2A18', id, null, bytes)],
    ['characteristic', recordKey(key, 'meter', '2A34', id, null, bytes)],
    ['sequence', recordKey(key, 'meter', '2A18', { ...id, sequence: 8 }, null, bytes)],
    ['base time', recordKey(key, 'meter', '2A18', { ...id, baseTime: '2025-05-21T10:30:46' }, null, bytes)],
    ['session', recordKey(key, 'meter', '2A18', { ...id, baseTime: null }, '2025-05-21T10:30:46', bytes)],
    ['bytes', recordKey(key, 'meter', '2A18', id, null, Uint8Array.of(1, 2, 4))],
    ['key', recordKey(new Uint8Array(32).fill(1), 'meter', '2A18', id, null, bytes)],
  ])('and another one with another %s', (_, other) => {
    expect(toHex(other.hash)).not.toBe(toHex(one.hash));
  });

  test('without a number it is told apart by more of its hash', () => {
    const keys = Array.from({ length: 3000 }, (_, i) =>
      recordKey(key, 'o', '2A5E', null, null, Uint8Array.of(i, i >> 8)),
    );
    expect(new Set(keys.map(({ series, sequence }) => `${series} ${sequence}`)).size).toBe(3000);
    expect(keys[0]?.series).toMatch(/^2A5E\/[0-9a-f]{6}$/);
  });
});

describe('how far a dump has come', () => {
  const place = (sequence: number): RecordPlace => ({ sequence, hash: new Uint8Array(8).fill(sequence) });
  const begun = () => beginDump({ service: '1808', session: null, asking: METER }, null, 100);
  const after = (sequences: readonly number[], saveEvery = 1): Dump =>
    sequences.reduce((dump, sequence) => arrived(dump, place(sequence), saveEvery), begun());
  const reached = (dump: Dump) => advance(dump, NO_CURSORS).book.get('1808')?.sequence ?? null;

  const many = Array.from({ length: 20 }, (_, i) => 10 + i);
  const settled = (dump: Dump, count: number) => Array.from({ length: count }, (_, i) => 100 + i).reduce(settle, dump);

  test('commits in any order: the cursor follows the unbroken run of them', () => {
    const orders = fc.shuffledSubarray(many, { minLength: 20 });
    const run = (order: readonly number[]) => {
      let dump = over(after(many), 'complete');
      const done = new Set<number>();
      for (const sequence of order) {
        dump = settle(settle(dump, 90 + sequence), 90 + sequence);
        done.add(sequence);
        const missing = many.find((n) => !done.has(n)) ?? 30;
        expect(reached(dump) ?? 0).toBeLessThan(missing);
      }
      expect(reached(dump)).toBe(29);
    };
    fc.assert(fc.property(orders, run));
  });

  test('the last record of a dump that was cut is not yet passed', () => {
    expect(reached(settled(over(after(many), 'incomplete'), 20))).toBe(28);
    expect(reached(settled(over(after(many), 'incomplete'), 19))).toBe(28);
    expect(reached(settled(over(after(many), 'incomplete'), 10))).toBeNull();
  });

  test('a few records in order are no promise of more', () => {
    expect(reached(settled(over(after([1, 2, 3]), 'incomplete'), 3))).toBeNull();
    expect(reached(settled(over(after([1, 2, 3]), 'complete'), 3))).toBe(3);
  });

  test('what is out of order takes back what was saved in mid-dump', () => {
    const { dump, book } = advance(settled(after(many), 20), NO_CURSORS);
    expect(book.get('1808')?.sequence).toBe(28);
    expect(advance(arrived(dump, place(5), 1), book).book.size).toBe(0);
  });
});
