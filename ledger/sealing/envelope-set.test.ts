import { Encrypter } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../crypto.ts';
import { concat } from '../encoding/bytes.ts';
import { type CborValue, encodeCbor } from '../encoding/cbor.ts';
import { hashLeaf } from '../tree/hash.ts';
import { type Envelope, type EnvelopeSet, openEnvelope, sealEnvelopes } from './envelope.ts';
import { decodeEnvelope, decodeEnvelopeSet, encodeEnvelope, encodeEnvelopeSet } from './envelope-set.ts';
import { generateRecipientKey, type RecipientKey } from './recipient.ts';

const invalid = expect.objectContaining({ code: 'envelope_invalid' });
let key: RecipientKey;
let set: EnvelopeSet;
let one: Envelope;

beforeAll(async () => {
  key = await generateRecipientKey();
  set = await sealEnvelopes(new Uint8Array(32), [{ address: new Uint8Array(20), recipient: key.recipient }]);
  one = set.envelopes[0] as Envelope;
});

describe('a set of envelopes', () => {
  it('of nobody, or with one place given twice, is refused', () => {
    expect(decodeEnvelopeSet(encodeEnvelopeSet(set))).toEqual(set);
    expect(() => decodeEnvelopeSet(encodeEnvelopeSet({ ...set, envelopes: [] }))).toThrow(invalid);
    expect(() => decodeEnvelopeSet(encodeEnvelopeSet({ ...set, envelopes: [one, one] }))).toThrow(invalid);
  });

  it('is refused under another root or number of leaves', () => {
    for (const change of [{ root: new Uint8Array(32) }, { count: 8 }, { count: 3 }, { count: 0 }, { count: 2048 }]) {
      expect(() => decodeEnvelopeSet(encodeEnvelopeSet({ ...set, ...change }))).toThrow(invalid);
    }
  });
});

describe('an envelope', () => {
  it('with a part of another kind or out of its bounds is refused, before any of it is used', () => {
    const parts: CborValue[] = [one.reader, one.salt, one.index, one.path, one.file];
    expect(decodeEnvelope(encodeCbor(parts))).toEqual(decodeEnvelope(encodeEnvelope(one)));
    const wrong: [number, CborValue][] = [
      [0, new Uint8Array(19)],
      [1, new Uint8Array(17)],
      [2, -1],
      [2, 1024],
      [2, 'x'],
      [3, 'x'],
      [3, Array.from({ length: 11 }, () => new Uint8Array(32))],
      [3, [new Uint8Array(31)]],
      [4, 'x'],
      [4, new Uint8Array(8193)],
    ];
    for (const [place, value] of wrong) {
      expect(() => decodeEnvelope(encodeCbor(parts.with(place, value)))).toThrow(invalid);
    }
    expect(() => decodeEnvelope(encodeCbor(parts.slice(1)))).toThrow(invalid);
  });

  it('holds a secret of 32 bytes, or nothing', async () => {
    const sealed = async (secret: Uint8Array): Promise<[Envelope, Uint8Array]> => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(key.recipient);
      const file = await encrypter.encrypt(secret);
      return [{ ...one, index: 0, path: [], file }, hashLeaf(concat(one.salt, sha256(file)))];
    };
    const [good, root] = await sealed(new Uint8Array(32).fill(7));
    expect(await openEnvelope(good, root, 1, key.identity)).toEqual(new Uint8Array(32).fill(7));
    for (const length of [0, 31, 33]) {
      const [bad, badRoot] = await sealed(new Uint8Array(length));
      await expect(openEnvelope(bad, badRoot, 1, key.identity)).rejects.toEqual(invalid);
    }
  });
});
