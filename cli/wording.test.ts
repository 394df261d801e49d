import { expect, it } from 'vitest';
import { counted, lasting, sized } from './wording.ts';

it('counts', () => {
  expect(counted(1, 'registration')).toBe('1 registration');
  expect(counted(0, 'reading')).toBe('0 readings');
  expect(counted(2, 'batch', 'batches')).toBe('2 batches');
});

it.each([
  [0, '0 seconds'],
  [61, '1 minute 1 second'],
  [3600, '1 hour'],
  [93_784, '1 day 2 hours'],
  [200_000, '2 days 7 hours'],
])('says how long %d s last', (seconds, text) => {
  expect(lasting(seconds)).toBe(text);
});

it.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [256_000_000, '256.0 MB'],
])('says how much %d bytes are', (bytes, text) => {
  expect(sized(bytes)).toBe(text);
});
