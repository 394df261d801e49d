import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalBytes, toHex, utf8 } from '../encoding/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { openCose, signCose } from '../encoding/cose.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExample, formatExampleBytes } from '../format-example.testing.ts';
import { MAX_ENVELOPES } from '../sealing/envelope.ts';
import { CHAIN_LIMIT } from '../sealing/epoch.ts';
import { decodeEntry, encodeEntryPayload, leafHash, openEntry, signEntry, streamId } from './codec.ts';
import { DROP_REASONS, ENTRY_TYPE, type Entry, type EntryType, MAX_ENTRY_BYTES, NOTICE_KINDS } from './entry.ts';
import { BODY_EXAMPLES, entryOf, gateway, ORIGIN, patient } from './people.testing.ts';

const TYPES = Object.keys(BODY_EXAMPLES) as EntryType[];
const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};
const h = (n: number) => new Uint8Array(32).fill(n);
const signPayload = (payload: Uint8Array) => signCose(payload, gateway.key.secretKey, gateway.key.publicKey);

/** The payload of an entry as generic CBOR, to be changed. */
type Payload = Map<number, CborValue>;
function changed(type: EntryType, change: (payload: Payload, body: Payload) => void): Uint8Array {
  const payload = new Map(decodeCbor(encodeEntryPayload(entryOf(type, gateway))) as Payload);
  const body = new Map(payload.get(8) as Payload);
  payload.set(8, body);
  change(payload, body);
  return signPayload(encodeCbor(payload));
}

const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
const uint = fc.maxSafeInteger().map(Math.abs);
const grid = fc.integer({ min: 0, max: 2 ** 40 }).map((n) => n * 300);
const entries: fc.Arbitrary<Entry> = fc
  .record({
    type: fc.constantFrom(...TYPES),
    origin: fc.stringMatching(/^[!-*,-~]{1,40}$/),
    signer: bytes(20),
    seq: uint,
    history: bytes(32),
    seen: fc.record({ size: uint, root: bytes(32) }),
    statement: fc.tuple(bytes(20), uint, grid, fc.constantFrom(...DROP_REASONS)),
    about: bytes(32),
    kind: fc.constantFrom(...NOTICE_KINDS),
  })
  .map(({ type, statement: [owner, n, t, reason], about, kind, ...head }) => {
    const drop = { owner, firstCounter: n, lastCounter: n, from: t, to: t, reason };
    const notice = kind === 'damaged-blob' ? { kind, about, statement: null } : { kind, about: null, statement: drop };
    return { ...head, type, body: type === 'notice' ? notice : BODY_EXAMPLES[type] } as Entry;
  });

describe('the codec of entries', () => {
  it('is the example of FORMATS.md', () => {
    const example = entryOf('record.register', gateway, undefined, {
      seq: 5,
      history: h(0x11),
      seen: { size: 9, root: h(0x22) },
    });
    const signed = signEntry(example, gateway.key);
    expect(toHex(signed)).toBe(toHex(formatExampleBytes('entry')));
    expect(toHex(leafHash(signed))).toBe(formatExample('entry-leaf'));
    expect(openEntry(signed)).toEqual({
      entry: example,
      kid: gateway.key.publicKey,
      leaf: leafHash(signed),
      bytes: signed,
    });
    expect(streamId(ORIGIN, patient.address, gateway.address)).toEqual(formatExampleBytes('stream'));
  });

  it.each(TYPES)('%s goes there and back', (type) => {
    const entry = entryOf(type, gateway);
    const signed = signEntry(entry, gateway.key);
    expect(openEntry(signed).entry).toEqual(entry);
    expect(decodeEntry(signed).kid).toEqual(gateway.key.publicKey);
  });

  it('any entry goes there and back, in one encoding', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const signed = signEntry(entry, gateway.key);
        const decoded = decodeEntry(signed);
        expect(decoded.entry).toEqual(entry);
        expect(equalBytes(encodeEntryPayload(decoded.entry), openCose(signed).payload)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['key.rotate', 'record.register', 'notice'] as const)('refuses every changed byte of a %s', (type) => {
    const signed = signEntry(entryOf(type, gateway), gateway.key);
    const step = signed.length > 1000 ? 7 : 1;
    for (let at = 0; at < signed.length; at += step) {
      const bad = signed.map((b, i) => (i === at ? b ^ (1 + (at % 255)) : b));
      expect(code(() => openEntry(bad))).toMatch(/^(entry_invalid|signature_invalid|entry_type_reserved)$/);
      // Whatever still has the structure of an entry is another entry, with another leaf, and in its one encoding.
      if (code(() => decodeEntry(bad)) !== 'accepted') continue;
      const decoded = decodeEntry(bad);
      expect(equalBytes(decoded.leaf, leafHash(signed))).toBe(false);
      expect(equalBytes(encodeEntryPayload(decoded.entry), openCose(bad).payload)).toBe(true);
    }
  });

  it('refuses unknown, missing and wrongly typed keys, in the payload and in every body', () => {
    for (const type of TYPES) {
      expect(code(() => decodeEntry(changed(type, () => {})))).toBe('accepted');
      expect(code(() => decodeEntry(changed(type, (p) => p.set(9, null))))).toBe('entry_invalid');
      expect(code(() => decodeEntry(changed(type, (p) => p.set('9' as never, null))))).toBe('entry_invalid');
      expect(code(() => decodeEntry(changed(type, (_, b) => b.set(b.size + 1, null))))).toBe('entry_invalid');
      expect(code(() => decodeEntry(changed(type, (_, b) => b.set(0, null))))).toBe('entry_invalid');
      for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) {
        expect(code(() => decodeEntry(changed(type, (p) => p.delete(key))))).toBe('entry_invalid');
        expect(code(() => decodeEntry(changed(type, (p) => p.set(key, [['x']]))))).toBe('entry_invalid');
      }
      const { length } = [...((decodeCbor(encodeEntryPayload(entryOf(type, gateway))) as Payload).get(8) as Payload)];
      for (let key = 1; key <= length; key++) {
        expect(code(() => decodeEntry(changed(type, (_, b) => b.delete(key))))).toBe('entry_invalid');
        expect(code(() => decodeEntry(changed(type, (_, b) => b.set(key, [['x']]))))).toBe('entry_invalid');
      }
    }
  });

  it('says which types are reserved and which do not exist', () => {
    for (const [type, number] of Object.entries(ENTRY_TYPE)) {
      if (type in BODY_EXAMPLES) continue;
      expect(
        code(() => decodeEntry(changed('notice', (p) => p.set(3, number)))),
        type,
      ).toBe('entry_type_reserved');
    }
    for (const number of [0, 13, -1, 255]) {
      expect(code(() => decodeEntry(changed('notice', (p) => p.set(3, number))))).toBe('entry_invalid');
    }
  });

  const record = (change: (body: Payload) => void) =>
    code(() => decodeEntry(changed('record.register', (_, b) => change(b))));
  it.each<[string, (body: Payload) => void]>([
    ['version 0', (b) => b.set(3, 0)],
    ['version 2 that follows nothing', (b) => b.set(3, 2)],
    ['version 1 that follows something', (b) => b.set(4, h(1))],
    ['an interval off the grid', (b) => b.set(5, [300, 601])],
    ['an interval that ends before it starts', (b) => b.set(5, [600, 300])],
    ['an interval before 1970', (b) => b.set(5, [-300, 300])],
    ['an unknown clock', (b) => b.set(6, 3)],
    ['a content type that is none', (b) => b.set(7, 'pdf')],
    ['a content type of 64 characters', (b) => b.set(7, `application/${'x'.repeat(64)}`)],
    ['a content type in upper case', (b) => b.set(7, 'application/PDF')],
    ['two parameters', (b) => b.set(7, 'text/plain; a=b; c=d')],
    ['an empty blob', (b) => b.set(9, 0)],
    ['a blob of more than 2^40 bytes', (b) => b.set(9, 2 ** 40 + 1)],
    ['a size that is no safe integer', (b) => b.set(9, 2n ** 60n)],
    ['a negative index', (b) => b.set(12, -1)],
    ['an index that no key chain reaches', (b) => b.set(12, CHAIN_LIMIT)],
    ['a short owner', (b) => b.set(1, new Uint8Array(19))],
  ])('refuses a record with %s', (_what, change) => expect(record(change)).toBe('entry_invalid'));

  it.each([`application/${'x'.repeat(63)}`, 'text/plain; charset=utf-8', 'text/plain;charset=UTF-8', '0/a!#$&^_.+-'])(
    'takes the content type %s',
    (contentType) => expect(record((b) => b.set(7, contentType))).toBe('accepted'),
  );

  it('refuses envelope counts that are no power of two, notices without a subject, other recipients', () => {
    expect(code(() => decodeEntry(changed('epoch.open', (_, b) => b.set(4, MAX_ENVELOPES))))).toBe('accepted');
    for (const count of [0, 3, 6, 2 * MAX_ENVELOPES]) {
      expect(code(() => decodeEntry(changed('epoch.open', (_, b) => b.set(4, count))))).toBe('entry_invalid');
    }
    expect(code(() => decodeEntry(changed('notice', (_, b) => b.set(3, null))))).toBe('entry_invalid');
    expect(code(() => decodeEntry(changed('notice', (_, b) => b.set(2, h(1)))))).toBe('entry_invalid');
    for (const recipient of [
      'age1pq1',
      'age1qqqq',
      `${patient.recipient.slice(0, -1)}q`,
      patient.recipient.toUpperCase(),
    ]) {
      expect(code(() => decodeEntry(changed('user.register', (_, b) => b.set(2, recipient))))).toBe('entry_invalid');
    }
  });

  it('refuses CBOR that is not deterministic, and other payloads', () => {
    const payload = encodeEntryPayload(entryOf('notice', gateway));
    expect(code(() => decodeEntry(signPayload(concat(payload, Uint8Array.of(0)))))).toBe('entry_invalid');
    for (const other of [[], null, 'entry', new Map()] as CborValue[]) {
      expect(code(() => decodeEntry(signPayload(encodeCbor(other))))).toBe('entry_invalid');
    }
    expect(code(() => decodeEntry(signPayload(utf8('\u00ff'))))).toBe('entry_invalid');
  });

  it('does not sign what it would not take', () => {
    const entry = entryOf('record.register', gateway);
    expect(code(() => signEntry({ ...entry, seq: -1 }, gateway.key))).toBe('entry_invalid');
    expect(code(() => signEntry({ ...entry, origin: 'two words' }, gateway.key))).toBe('entry_invalid');
    const odd = { ...BODY_EXAMPLES['record.register'], interval: { start: 1, end: 2 } };
    expect(code(() => signEntry(entryOf('record.register', gateway, odd), gateway.key))).toBe('entry_invalid');
    const role = { ...BODY_EXAMPLES['user.register'], role: 'admin' as never };
    expect(code(() => signEntry(entryOf('user.register', gateway, role), gateway.key))).toBe('entry_invalid');
  });

  it('bounds an entry before it looks at it', () => {
    expect(code(() => decodeEntry(new Uint8Array(MAX_ENTRY_BYTES + 1)))).toBe('entry_too_large');
    expect(code(() => decodeEntry(new Uint8Array(MAX_ENTRY_BYTES)))).toBe('entry_invalid');
    const hollow = signPayload(encodeCbor(Array.from({ length: 50_000 }, () => [])));
    expect(() => decodeEntry(hollow)).toThrow('more than 64 items');
  });

  it('never throws anything else on anything', () => {
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 300 }).map(signPayload));
    fc.assert(
      fc.property(garbage, (b) => {
        expect(code(() => openEntry(b))).toBe('entry_invalid');
      }),
      { numRuns: 300 },
    );
  });
});
