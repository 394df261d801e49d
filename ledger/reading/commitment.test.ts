import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../crypto.ts';
import { concat, toHex } from '../encoding/bytes.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExample } from '../format-example.testing.ts';
import { Frontier } from '../tree/frontier.ts';
import { arbitraryReading } from './arbitrary.testing.ts';
import { type CommitmentHeader, commitReadings, encodeCommitmentHeader, leafSalt, newBatchSalt } from './commitment.ts';
import { discloseReading, headerMatches, verifyDisclosure } from './disclosure.ts';
import { exampleReadings, exampleSalt } from './example.testing.ts';
import { encodeReading } from './leaf.ts';
import type { Reading } from './reading.ts';
import { orderReadings } from './series.ts';

const salt = exampleSalt;
const header = (count: number): CommitmentHeader => ({
  origin: 'vitalseal.org/solo/vs1example',
  owner: new Uint8Array(20).fill(1),
  signer: new Uint8Array(20).fill(2),
  recordId: new Uint8Array(16).fill(3),
  version: 1,
  epoch: new Uint8Array(32).fill(4),
  index: 5,
  count,
  firstCounter: 100,
  lastCounter: 99 + count,
});
const reading = (mantissa: number, counter: number): Reading => ({
  device: 'glucose-1',
  code: 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD',
  mdc: 160184,
  unit: 'mg/dL',
  value: { kind: 'decimal', mantissa, exponent: 0 },
  deviceTime: null,
  wallMs: 1795168800000,
  monotonicMs: 5000,
  clock: 'synchronised',
  group: counter,
  context: null,
  counter,
});
const readings = (count: number) => Array.from({ length: count }, (_, i) => reading(80 + (i % 40), 100 + i));

describe('commitReadings', () => {
  it('has the bytes of FORMATS.md', () => {
    const shown = { ...header(2), firstCounter: 0, lastCounter: 1 };
    const { leaves, root } = commitReadings(shown, exampleSalt, exampleReadings);
    const lines = [
      `header  ${toHex(encodeCommitmentHeader(shown))}`,
      ...leaves.map((_, i) => `salt ${i}  ${toHex(leafSalt(exampleSalt, i))}`),
      ...leaves.map((leaf, i) => `leaf ${i}  ${toHex(leaf)}`),
      `root    ${toHex(root)}`,
    ];
    expect(lines.join('\n')).toBe(formatExample('commitment').replace(/^#.*\n/, ''));
  });

  it('is the RFC 9162 root over 0x00 ‖ salt ‖ leaf at every count up to 70', () => {
    for (let count = 1; count <= 70; count++) {
      const list = readings(count);
      const contents = [encodeCommitmentHeader(header(count)), ...list.map(encodeReading)];
      const frontier = new Frontier();
      contents.forEach((content, i) => {
        frontier.append(sha256(concat(Uint8Array.of(0), leafSalt(salt, i), content)));
      });
      expect(toHex(commitReadings(header(count), salt, list).root)).toBe(toHex(frontier.root()));
    }
  });

  it('hashes readings of any shape and order as encodeReading writes them', () => {
    fc.assert(
      fc.property(fc.array(arbitraryReading, { minLength: 1, maxLength: 8 }), (list) => {
        const { leaves } = commitReadings(header(list.length), salt, list);
        orderReadings(list).forEach((each, i) => {
          const leaf = sha256(concat(Uint8Array.of(0), leafSalt(salt, i + 1), encodeReading(each)));
          expect(toHex(leaves[i + 1] as Uint8Array)).toBe(toHex(leaf));
        });
      }),
    );
  });

  it('cannot be guessed: equal readings under other salts, and equal readings of one batch, share no hash', () => {
    const same = [reading(95, 0), reading(95, 0), reading(95, 0)];
    const hashes = [salt, newBatchSalt(), newBatchSalt()].flatMap((each) => {
      const { leaves, root } = commitReadings(header(3), each, same);
      return [...leaves, root].map(toHex);
    });
    expect(new Set(hashes).size).toBe(hashes.length);
    // What a guesser has: the leaf's content for every plausible value, without a salt, and with that of another leaf.
    for (let guess = 0; guess < 400; guess++) {
      const content = encodeReading(reading(guess, 0));
      for (const prefix of [new Uint8Array(), Uint8Array.of(0), concat(Uint8Array.of(0), leafSalt(salt, 9))]) {
        expect(hashes).not.toContain(toHex(sha256(concat(prefix, content))));
      }
    }
  });

  it('is the same for readings in arrival order and in the order of the batch', () => {
    const arrived = Array.from({ length: 9 }, (_, i) => ({ ...reading(90 + i, i), code: `MDC_${i % 3}` }));
    const ordered = orderReadings(arrived);
    expect(ordered).not.toEqual(arrived);
    expect(orderReadings(ordered)).toEqual(ordered);
    expect(commitReadings(header(9), salt, arrived)).toEqual(commitReadings(header(9), salt, ordered));
  });

  it('refuses a header that counts other readings', () => {
    expect(() => commitReadings(header(3), salt, readings(2))).toThrow(
      expect.objectContaining({ code: 'batch_invalid' }),
    );
  });
});

describe('disclosures', () => {
  it('prove each reading of every count up to 33, with the header', () => {
    for (let count = 1; count <= 33; count++) {
      const list = readings(count);
      const { root } = commitReadings(header(count), salt, list);
      for (let place = 0; place < count; place++) {
        const shown = verifyDisclosure(discloseReading(header(count), salt, list, place), root);
        expect(shown).toEqual({ header: header(count), place, reading: list[place] });
      }
    }
  });

  it('show no other reading and no batch salt', () => {
    const bytes = toHex(discloseReading(header(8), salt, readings(8), 3));
    expect(bytes).not.toContain(toHex(salt));
    for (const other of [0, 1, 2, 4, 5, 6, 7]) {
      expect(bytes).not.toContain(toHex(encodeReading(reading(80 + other, 100 + other))));
      expect(bytes).not.toContain(toHex(leafSalt(salt, other + 1)));
    }
  });

  it('fail with any bit flipped, cut short, or under another root', () => {
    const { root } = commitReadings(header(5), salt, readings(5));
    const bytes = discloseReading(header(5), salt, readings(5), 2);
    const refused = (changed: Uint8Array, under = root) => {
      try {
        verifyDisclosure(changed, under);
        return false;
      } catch (error) {
        return isVitalsealError(error, 'disclosure_invalid');
      }
    };
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      expect(refused(flipped)).toBe(true);
    }
    for (let at = 0; at < bytes.length; at++) expect(refused(bytes.subarray(0, at))).toBe(true);
    expect(refused(bytes, sha256(root))).toBe(true);
    expect(refused(bytes)).toBe(false);
  });

  it('compare their header with what an entry says', () => {
    const { firstCounter: _, lastCounter: __, ...entry } = header(5);
    expect(headerMatches(header(5), entry)).toBe(true);
    expect(headerMatches(header(5), { ...entry, index: 6 })).toBe(false);
    expect(headerMatches(header(5), { ...entry, owner: new Uint8Array(20) })).toBe(false);
  });

  it('do not exist for a reading that is not there', () => {
    expect(() => discloseReading(header(2), salt, readings(2), 2)).toThrow(
      expect.objectContaining({ code: 'disclosure_invalid' }),
    );
  });
});
