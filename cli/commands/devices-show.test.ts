import { expect, it } from 'vitest';
import { clockWords } from './devices-show.ts';

const clock = { offsetMs: 0, uncertaintyMs: 20, fault: false, setting: 'right' } as const;

it.each([
  [null, false, 'not read yet'],
  [null, true, 'not read yet; set when it is wrong'],
  ['none', true, 'none'],
  [clock, false, 'right'],
  [{ ...clock, offsetMs: -3000 }, true, '3 seconds behind; set when it is wrong'],
  [
    { ...clock, offsetMs: 42_100, setting: 'not-allowed' },
    false,
    '42 seconds ahead; not set: it was added without --set-clock',
  ],
  [
    { ...clock, offsetMs: 3_599_998, setting: 'time-zone' },
    true,
    '1 hour ahead; left alone: a whole time zone, by all appearance',
  ],
  [
    { ...clock, offsetMs: -3_660_000, setting: 'gateway-unsynchronised' },
    true,
    "1 hour 1 minute behind; not set: this gateway's own clock is not synchronised (timedatectl)",
  ],
  [{ ...clock, fault: true, setting: 'due' }, true, 'shows no date; to be set as soon as a link lasts'],
  [
    { ...clock, offsetMs: 864e6, fault: true, setting: 'due' },
    true,
    '10 days ahead, which cannot be; to be set as soon as a link lasts',
  ],
] as const)('says of the clock %j in words: %s %s', (seen, allowed, words) => {
  expect(clockWords(seen, allowed)).toBe(words);
});
