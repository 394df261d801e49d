import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteLines, noteOf } from './read-notes.ts';

type Context = Parameters<typeof noteOf>[0];

const NOTES: readonly (readonly [Context, string])[] = [
  [{}, ''],
  [{ bodySite: 'finger', meal: 'fasting', sourceSequence: 7, deviceUser: 1, 24: 'later' }, ''],
  [{ advertised: true }, 'advertised, which anybody can imitate'],
  [{ stored: true, clockOffsetMs: 3_540_400 }, 'stored; device clock 59 minutes ahead of UTC'],
  [{ clockOffsetMs: 60_000, clockUncertaintyMs: 500 }, ''],
  [{ clockOffsetMs: 60_001 }, 'device clock 1 minute ahead of UTC'],
  [{ clockOffsetMs: -90_000_000 }, 'device clock 1 day 1 hour behind UTC'],
  [{ clockOffsetMs: 3_599_999 }, 'device clock 1 hour ahead of UTC'],
  [{ clockOffsetMs: 'much' }, ''],
  [{ clockOffsetMs: -1_763_000_000_000, tickClock: true }, ''],
  [{ status: 1, measurementStatus: 2 }, 'status 0x1; measurement status 0x2'],
  [{ sourceTimeFault: 'unset' }, 'device time is faulty (unset)'],
  [{ sourceTimeFault: true }, 'device time is faulty'],
  [{ status: 0, sensorStatus: 0, sensorContact: 'detected', advertised: false }, ''],
  [{ status: 4, sensorStatus: 0x10000 }, 'status 0x4; sensor status 0x10000'],
  [{ status: '18446744073709551615' }, 'status (18446744073709551615)'],
  [{ outOfRange: 'above', alarm: true, sensorContact: 'absent' }, 'out of range (above); alarm; sensor has no contact'],
  [{ alarm: '\u001b[2J\u202e\n\u00a0x' }, 'alarm (\ufffd[2J\ufffd\ufffd\ufffdx)'],
  [{ alarm: `${'a'.repeat(29)}😀` }, `alarm (${'a'.repeat(29)}\ufffd…)`],
  [{ alarm: { a: [1] } }, 'alarm ({"a":[1]})'],
];

describe('a note', () => {
  it.each(NOTES)('of %j is %j', (context, note) => expect(noteOf(context)).toBe(note));

  it('is bounded and printable, whatever was said, and its lines have at most 80 characters', () => {
    const names = ['advertised', 'stored', 'clockOffsetMs', 'sourceTimeFault', 'outOfRange', 'alarm', 'status'];
    const fact = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.maxSafeInteger(), fc.jsonValue());
    const context = fc.record(Object.fromEntries(names.map((name) => [name, fact])), { requiredKeys: [] });
    fc.assert(
      fc.property(context, fc.integer({ min: 1, max: 65_536 }), (given, number) => {
        const note = noteOf(given as Context);
        expect(note).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(note.length).toBeLessThan(400);
        const lines = noteLines(number, note);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
        expect(lines.map((line) => line.slice(`${number} `.length + 1)).join(' ')).toBe(note);
      }),
    );
  });

  it('goes on below itself', () => {
    const note = `stored; device clock 59 minutes ahead of UTC; device time is faulty (ahead); status 0x4`;
    expect(noteLines(12, note)).toEqual([
      '12  stored; device clock 59 minutes ahead of UTC; device time is faulty (ahead);',
      '    status 0x4',
    ]);
  });
});
