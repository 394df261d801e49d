import { equalBytes } from '@vitalseal/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cursor, decodeCursors, encodeCursors, NO_CURSORS } from './cursor.ts';

const cursor: fc.Arbitrary<Cursor> = fc.record({
  sequence: fc.nat({ max: 0xffff }),
  hash: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  session: fc.option(fc.string({ maxLength: 30, unit: 'grapheme-ascii' })),
  unordered: fc.boolean(),
  partial: fc.boolean(),
});
const book = fc
  .array(fc.tuple(fc.constantFrom('1808', '181F', '1822', '1840'), cursor))
  .map((entries) => new Map(entries));

test('what was saved is loaded', () => {
  fc.assert(
    fc.property(book, (b) => {
      expect(decodeCursors(encodeCursors(b))).toEqual(b);
    }),
  );
  expect(decodeCursors(encodeCursors(NO_CURSORS))).toEqual(NO_CURSORS);
});

test('any damage means no cursor, or one that the hash of its record exposes; it never throws', () => {
  fc.assert(
    fc.property(book, fc.nat(), fc.integer({ min: 1, max: 255 }), (b, at, flip) => {
      const bytes = encodeCursors(b);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
      const read = decodeCursors(bytes);
      // Strict coding: what can be read at all is exactly what these bytes say.
      if (read !== null) expect(equalBytes(encodeCursors(read), bytes)).toBe(true);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeCursors(bytes)));
  expect(decodeCursors(new Uint8Array(0))).toBeNull();
  expect(decodeCursors(new Uint8Array(5000))).toBeNull();
});

test('a cursor of a device with every service stays below 1 kB', () => {
  const full: Cursor = {
    sequence: 65_535,
    hash: new Uint8Array(8),
    session: '2025-05-21T10:30:45',
    unordered: true,
    partial: true,
  };
  const b = new Map(['1808', '181F', '1822', '1840'].map((service) => [service, full]));
  expect(encodeCursors(b).length).toBeLessThan(200);
});
