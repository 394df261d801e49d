import { expect, it } from 'vitest';
import { limitsOf } from './limits.ts';

const MIB = 2 ** 20;
const spool = (freeMib: number, storedMib: number) =>
  limitsOf({}, { free: freeMib * MIB, stored: storedMib * MIB }).spoolBytes / MIB;

it('bounds the spool by half of the disk that it may have, counting what it has already', () => {
  expect(spool(100_000, 0)).toBe(1024);
  expect(spool(600, 0)).toBe(300);
  // A restart beside a backlog: the bound is the one of before, so nothing is dropped.
  expect(spool(320, 280)).toBe(300);
});

it('never becomes so small at a start on a full disk that readings kept before would be dropped', () => {
  expect(spool(0, 0)).toBe(8);
  expect(spool(0, 500)).toBe(500);
  expect(spool(10, 2_000)).toBe(1024);
});

it('is what the configuration says, whatever the disk', () => {
  expect(limitsOf({ spoolBytes: 64 * MIB }, { free: 0, stored: 0 }).spoolBytes).toBe(64 * MIB);
});
