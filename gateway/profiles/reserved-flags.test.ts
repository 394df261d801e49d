// Flags that no specification has given a meaning: one that is set may announce a field, and then every octet behind it
// would be read as another. Only cuffs, which are known to set them, are read on.
import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, fromHex } from './hostile.testing.ts';

const TIME = 'e907 05 15 0a 1e 2d';

/** [characteristic, a packet, where its flags are, how many octets they have, the bits that mean something] */
const REFUSED: readonly (readonly [uuid: string, hex: string, at: number, octets: number, known: number[]])[] = [
  ['2A18', `02 0100 ${TIME} 64b0 11`, 0, 1, [0, 1, 2, 3, 4]],
  ['2A1C', '00 6c0100ff', 0, 1, [0, 1, 2]],
  ['2A1E', '00 6c0100ff', 0, 1, [0, 1, 2]],
  // All of the first octet mean something, none of the second, which the first announces.
  ['2A34', '82 0100 00 01', 3, 1, []],
  ['2A37', '00 48', 0, 1, [0, 1, 2, 3, 4]],
  ['2A5E', '00 6200 4000', 0, 1, [0, 1, 2, 3, 4]],
  ['2A5F', '00 6200 4000', 0, 1, [0, 1, 2, 3, 4]],
  ['2A9C', '0000 e100', 0, 2, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ['2A9D', '00 10c8', 0, 1, [0, 1, 2, 3]],
  ['2AA7', '06 00 0c10 0500', 1, 1, [0, 1, 5, 6, 7]],
];

function withBit(hex: string, at: number, bit: number): string {
  const bytes = fromHex(hex);
  const octet = at + (bit >> 3);
  bytes[octet] = (bytes[octet] ?? 0) | (1 << (bit & 7));
  return Buffer.from(bytes).toString('hex');
}

describe('reserved flags', () => {
  it.each(REFUSED)('of %s %s are refused, each', (uuid, hex, at, octets, known) => {
    expect(codeOf(() => brief(uuid, hex))).toBeNull();
    for (let bit = 0; bit < octets * 8; bit++) {
      // One that is known announces a field that is not there, or changes a unit.
      const expected = known.includes(bit) ? expect.not.stringMatching('reserved') : 'characteristic_reserved';
      expect([bit, codeOf(() => brief(uuid, withBit(hex, at, bit))) ?? 'taken']).toEqual([bit, expected]);
    }
  });

  it('are named', () =>
    expect(() => brief('2A9D', 'f0 10c8')).toThrow(
      'bits 4, 5, 6, 7 of the flags are reserved: which fields follow is not known',
    ));

  it.each([
    ['2A35', 'e0 7800 5000 5d00'],
    ['2A36', 'e0 9600 ff07 ff07'],
  ])('of cuffs, %s, are facts where the length leaves no room for a field', (uuid, hex) => {
    expect(brief(uuid, hex).facts).toMatchObject({ flags: 0xe0, reservedFlags: 0xe0 });
    expect(codeOf(() => brief(uuid, `${hex} 00`))).toBe('characteristic_malformed');
  });
});
