// Clocks of devices: what they show, how far off they are, and when that is a fault. The gateway never corrects one in the
// readings; it says what it saw.
import { CONTEXT } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClockQuality, ClockSample } from '../../contract.ts';
import { NO_COMPANIONS } from '../session/companions.ts';
import { inSession, sharedContexts } from '../session/context.ts';
import { type ClockLook, type ClockSetting, clockSetting, lookAtClock, zoneOf, zoneToKeep } from './device-clock.ts';
import { clockBytes, shownTime } from './wire.ts';

const NOON = Date.UTC(2025, 4, 21, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SINCE_2000 = Date.UTC(2000, 0);

function at(ms: number, clock: ClockQuality = 'synchronised'): ClockSample {
  return { wallMs: NOON + ms, monotonicMs: 5_000_000 + ms, clock };
}
/** The device shows `offset` more than the gateway, `later` ms after the first look. */
function look(
  offset: number,
  later = 0,
  before: ClockLook | null = null,
  clock: ClockQuality = 'synchronised',
): ClockLook {
  return lookAtClock(
    { ms: NOON + later + offset, resolutionMs: 1000, ticks: false },
    at(later - 50, clock),
    at(later + 50, clock),
    before,
  );
}

describe('what a clock shows', () => {
  test.each([
    ['2A2B', 'e9070515 0c0000 03 80 00', NOON + 500, 1000 / 256],
    ['2A08', 'e9070515 0c0000', NOON, 1000],
    ['2A08', '00000515 0c0000', null, 1000],
    ['2A08', 'e9070015 0c0000', null, 1000],
    ['2A08', 'e907021e 0c0000', null, 1000],
    ['2A08', 'e9070515 180000', null, 1000],
    // Seconds of wall time since 2000.
    ['2BF2', '20 c011c02f0000 04 00', SINCE_2000 + 0x2fc011c0 * 1000, 1000],
    // UTC with a zone beside it, in each resolution: seconds, tenths, milliseconds, tenths of them.
    ['2BF2', '32 fd6794320000 01 08 0000', SINCE_2000 + 0x329467fd * 1000 + 2 * HOUR, 1000],
    ['2BF2', '36 0f2700000000 01 ed', SINCE_2000 + 999_900 - (4 * HOUR + 45 * MINUTE), 100],
    ['2BF2', '3a 102700000000 01 08', SINCE_2000 + 10_000 + 2 * HOUR, 1],
    ['2BF2', '3e 0f2700000000 01 08', SINCE_2000 + 999.9 + 2 * HOUR, 0.1],
    // Wall time that says its zone is what the clock shows as it is.
    ['2BF2', '30 fd6794320000 01 08', SINCE_2000 + 0x329467fd * 1000, 1000],
    ['2BF2', '22 fd6794320000 01 00', SINCE_2000 + 0x329467fd * 1000, 1000],
    // The year 10000.
    ['2BF2', '22 00e057d43a00 01 00', null, 1000],
  ])('%s %s', (uuid, hex, ms, resolutionMs) => {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(shownTime(uuid, bytes)).toEqual({ ms, resolutionMs, ticks: false });
  });

  test.each([
    ['21 102700000000 00 00', 10_000_000, 1000],
    ['25 102700000000 00 00', 1_000_000, 100],
    ['29 102700000000 00 00', 10_000, 1],
    ['2d 112700000000 00 00', 1000.1, 0.1],
    // So many that no clock of ours is near.
    ['21 000000000001 00 00', null, null],
  ])('ticks are no time of day: %s', (hex, ms, resolutionMs) => {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(shownTime('2BF2', bytes)).toEqual(ms === null ? null : { ms, resolutionMs, ticks: true });
  });

  test('a cut packet is nothing', () => {
    expect(shownTime('2A2B', Uint8Array.of(0xe9, 0x07, 5))).toBeNull();
  });

  test('any bytes: an answer or null, never an exception', () => {
    const uuid = fc.constantFrom('2A2B', '2A08', '2BF2');
    fc.assert(fc.property(uuid, fc.uint8Array({ maxLength: 14 }), (u, bytes) => void shownTime(u, bytes)));
  });

  test('what is written is what is shown', () => {
    const time = fc.integer({ min: SINCE_2000, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(time, (ms) => {
        expect(shownTime('2A08', clockBytes('2A08', ms))?.ms).toBe(ms - (ms % 1000));
        const shown = shownTime('2A2B', clockBytes('2A2B', ms))?.ms ?? 0;
        expect(ms - shown).toBeGreaterThanOrEqual(0);
        expect(ms - shown).toBeLessThan(1000 / 256);
      }),
    );
    // A Sunday is day 7.
    expect(clockBytes('2A2B', Date.UTC(2025, 4, 25))[7]).toBe(7);
  });
});

describe('how far off', () => {
  test('compared at the middle of the round trip, as sure as that and the resolution allow', () => {
    expect(look(0)).toMatchObject({ offsetMs: 0, uncertaintyMs: 1050, zoneMs: 0, fault: null });
    expect(look(-754)).toMatchObject({ offsetMs: -754 });
  });

  test('a wall clock that is stepped in mid-read changes neither the round trip nor the uncertainty', () => {
    const received = { ...at(50), wallMs: NOON + 50 + HOUR };
    const stepped = lookAtClock({ ms: NOON, resolutionMs: 1000, ticks: false }, at(-50), received, null);
    expect(stepped).toMatchObject({ offsetMs: -HOUR, uncertaintyMs: 1050 });
  });

  test.each([
    [2 * HOUR, 2 * HOUR],
    [5 * HOUR + 45 * MINUTE, 5 * HOUR + 45 * MINUTE],
    [-8 * HOUR + 40_000, -8 * HOUR],
    [14 * HOUR, 14 * HOUR],
    [30_000, 0],
    [7 * MINUTE, 0],
    [15 * HOUR, 0],
  ])('an offset of %i ms looks like the zone %i', (offset, zone) => {
    expect(zoneOf(offset)).toBe(zone);
    expect(look(offset)).toMatchObject({ zoneMs: zone, fault: null });
  });
});

describe('faults', () => {
  test.each<[string, ClockLook, ClockLook['fault']]>([
    ['no date', lookAtClock({ ms: null, resolutionMs: 1000, ticks: false }, at(0), at(0), null), 'unset'],
    ['1970', look(-NOON), 'unset'],
    ['a week ahead', look(7 * DAY), 'far-off'],
    ['a week behind', look(-7 * DAY), 'far-off'],
    ['a day and a zone', look(DAY + 14 * HOUR), null],
    ['a week ahead of a gateway that has no time itself', look(7 * DAY, 0, null, 'unknown'), null],
    ['a week ahead of a gateway that is not synchronised', look(7 * DAY, 0, null, 'unsynchronised'), null],
    ['went back by 10 minutes', look(-10 * MINUTE, HOUR, look(0)), 'jumped'],
    ['went back by 3 seconds', look(-3000, HOUR, look(0)), null],
    ['went back by 5 seconds', look(-5000, HOUR, look(0)), 'jumped'],
    ['the end of daylight saving', look(HOUR, DAY, look(2 * HOUR)), null],
    ['was set forward by 10 minutes', look(0, HOUR, look(-10 * MINUTE)), null],
    ['loses 100 parts in a million for a week', look(-60_000, 7 * DAY, look(0)), null],
    ['the gateway was restarted in between', look(-10 * MINUTE, -HOUR, look(0)), null],
  ])('%s', (_, seen, fault) => {
    expect(seen.fault).toBe(fault);
  });

  test('a step of the gateway’s own wall clock is not the device’s jump', () => {
    const before = look(0);
    const stepped = {
      wallMs: NOON + HOUR + 10 * MINUTE,
      monotonicMs: 5_000_000 + HOUR,
      clock: 'synchronised',
    } as const;
    const later = lookAtClock({ ms: NOON + HOUR, resolutionMs: 1000, ticks: false }, stepped, stepped, before);
    expect(later).toMatchObject({ offsetMs: -10 * MINUTE, fault: null });
  });
});

describe('a counter of ticks', () => {
  /** The counter began to count two hours before the first look. */
  const counter = (ms: number, later = 0, before: ClockLook | null = null) =>
    lookAtClock({ ms, resolutionMs: 1, ticks: true }, at(later - 50), at(later + 50), before);

  test('has an offset and is as sure of it as any clock, and nothing else', () => {
    const counted = counter(2 * HOUR);
    expect(counted).toEqual({
      ...{ offsetMs: 2 * HOUR - NOON, uncertaintyMs: 51, zoneMs: 0, fault: null },
      ...{ shown: null, ticks: true },
    });
    expect(clockSetting(counted, true, at(0))).toBeNull();
    expect(Object.fromEntries(sharedContexts(counted, NO_COMPANIONS).live ?? [])).toEqual({
      [CONTEXT.clockOffsetMs]: 2 * HOUR - NOON,
      [CONTEXT.clockUncertaintyMs]: 51,
      [CONTEXT.tickClock]: true,
    });
  });

  test('that began anew, or shows what a date could be, has no fault', () => {
    const counted = counter(2 * HOUR);
    expect(counter(1000, DAY, counted)).toMatchObject({ offsetMs: 1000 - NOON - DAY, fault: null });
    expect(counter(NOON + 2 * HOUR, 0, look(0))).toMatchObject({ zoneMs: 0, fault: null });
    expect(look(0, HOUR, counted)).toMatchObject({ fault: null });
  });
});

describe('setting', () => {
  test.each<[string, ClockLook, boolean, ClockQuality, ClockSetting]>([
    ['right', look(2000), true, 'synchronised', 'right'],
    ['wrong by a minute and a half and more', look(2 * MINUTE), true, 'synchronised', 'due'],
    ['in another zone', look(2 * HOUR), true, 'synchronised', 'time-zone'],
    ['in another zone, as far as we know', look(HOUR), true, 'unsynchronised', 'time-zone'],
    ['in another zone, and wrong', look(2 * HOUR + 30_000), true, 'synchronised', 'due'],
    ['never set', look(-NOON), true, 'synchronised', 'due'],
    ['wrong, and not ours to set', look(7 * DAY), false, 'synchronised', 'not-allowed'],
    ['wrong, as far as we know', look(7 * DAY), true, 'unsynchronised', 'gateway-unsynchronised'],
  ])('%s', (_, seen, allowed, clock, setting) => {
    expect(clockSetting(seen, allowed, at(0, clock))).toBe(setting);
  });

  test('keeps the zone that it has, and takes the gateway’s where none can be told', () => {
    expect(zoneToKeep(look(2 * HOUR + 30_000))).toBe(2 * HOUR);
    expect(zoneToKeep(look(-NOON))).toBeNull();
    expect(zoneToKeep(look(7 * DAY))).toBeNull();
  });
});

describe('in readings', () => {
  const stamp = { ...at(0), device: 'cuff', group: 1 };
  const measured = (deviceTime: string | null, context: ReadonlyMap<number, string> | null = null) =>
    ({ code: 'c', mdc: null, unit: '', value: { kind: 'flag', flag: true }, deviceTime, context }) as const;
  const { live, stored } = sharedContexts(look(2 * HOUR), NO_COMPANIONS);

  test('one object is shared by all that say nothing of themselves', () => {
    expect(inSession(measured(null), live, stamp).context).toBe(live);
    expect(inSession(measured('2025-05-21T14:00:00'), stored, stamp).context).toBe(stored);
    expect(inSession(measured(null), null, stamp).context).toBeNull();
  });

  test('what a reading says itself comes beside it', () => {
    const context = inSession(measured(null, new Map([[CONTEXT.bodySite, 'finger']])), live, stamp).context;
    expect(Object.fromEntries(context ?? [])).toEqual({
      [CONTEXT.clockOffsetMs]: 2 * HOUR,
      [CONTEXT.clockUncertaintyMs]: 1050,
      [CONTEXT.bodySite]: 'finger',
    });
  });

  test.each([
    ['0000-04-17T20:41:59', 'unset'],
    ['2025-00-17T20:41:59', 'unreadable'],
    ['2031-01-01T00:00:00', 'ahead'],
    ['2019-02-27T11:10:30', undefined],
  ])('a reading of %s, from a clock that is right now: %s', (time, fault) => {
    expect(inSession(measured(time), null, stamp).context?.get(CONTEXT.sourceTimeFault)).toBe(fault);
  });

  test('of an unset clock no offset is given: there is none', () => {
    const unset = sharedContexts(look(-NOON), NO_COMPANIONS).live;
    expect(Object.fromEntries(unset ?? [])).toEqual({ [CONTEXT.sourceTimeFault]: 'unset' });
  });
});
