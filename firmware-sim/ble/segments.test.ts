import { describe, expect, it } from 'vitest';
import { hex } from './collector.testing.ts';
import type { Characteristic } from './peripheral.ts';
import type { Made } from './schedule.ts';
import { SegmentCounter, segmentsOf } from './segments.ts';

const whole = (length: number): Made => ({
  bytes: Uint8Array.from({ length }, (_, i) => i),
  readings: [{ code: 'c', unit: '', value: { kind: 'decimal', mantissa: 1, exponent: 0 } }],
  record: 7,
});
const said = (made: readonly Made[]) => made.map(({ bytes }) => hex(bytes));

describe('segments', () => {
  it.each([
    [3, ['03000102']],
    [4, ['0300010203']],
    [5, ['0100010203', '0204']],
    [8, ['0100010203', '0204050607']],
    [9, ['0100010203', '0004050607', '0208']],
  ])('of %i octets, five a notification', (length, expected) => {
    expect(said(segmentsOf(whole(length), 5))).toEqual(expected);
  });

  it('say what was measured with the last one, and of which record they are with each', () => {
    const segments = segmentsOf(whole(9), 5);
    expect(segments.map(({ readings }) => readings.length)).toEqual([0, 0, 1]);
    expect(segments.map(({ record }) => record)).toEqual([7, 7, 7]);
  });
});

describe('the counter of segments', () => {
  const live: Characteristic = { uuid: '2B8B', flags: ['notify'] };
  const stored: Characteristic = { uuid: '2BDD', flags: ['notify'] };
  const answer: Characteristic = { uuid: '2A52', flags: ['indicate'] };
  const packet = (characteristic: Characteristic) => ({ characteristic, ...whole(1), bytes: Uint8Array.of(3, 9) });

  it('goes up for each characteristic by itself, and begins anew after 63 and with each connection', () => {
    const counter = new SegmentCounter([live, stored]);
    const next = (characteristic: Characteristic) => hex(counter.numbered(packet(characteristic)).bytes);
    expect(Array.from({ length: 65 }, () => next(live))).toEqual(
      Array.from({ length: 65 }, (_, i) => hex(Uint8Array.of(3 + 4 * (i % 64), 9))),
    );
    expect([next(stored), next(answer), next(stored), next(answer)]).toEqual(['0309', '0309', '0709', '0309']);
    counter.disconnected();
    expect([next(live), next(stored)]).toEqual(['0309', '0309']);
  });

  it('does not change what it is given', () => {
    const counter = new SegmentCounter([live]);
    const given = packet(live);
    counter.numbered(given);
    counter.numbered(given);
    expect(hex(given.bytes)).toBe('0309');
  });
});
