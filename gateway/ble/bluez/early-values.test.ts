import { expect, it } from 'vitest';
import { EarlyValues } from './early-values.ts';

it('keeps values of each characteristic in order until they are taken, once, and no more than it may', () => {
  const early = new EarlyValues();
  early.keep('a', Uint8Array.of(1));
  early.keep('b', Uint8Array.of(2));
  early.keep('a', Uint8Array.of(3));
  expect(early.take('a')).toEqual([Uint8Array.of(1), Uint8Array.of(3)]);
  expect(early.take('a')).toEqual([]);
  for (let n = 0; n < 1000; n++) early.keep('c', Uint8Array.of(n));
  expect(early.take('b')).toEqual([Uint8Array.of(2)]);
  expect(early.take('c')).toHaveLength(63);
});
