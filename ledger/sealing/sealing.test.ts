import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex, fromUtf8, toHex } from '../encoding/bytes.ts';
import { isVitalsealError } from '../errors.ts';
import { formatExample } from '../format-example.testing.ts';
import { type EnvelopeSet, openEnvelope, sealEnvelopes, verifyEnvelope } from './envelope.ts';
import { decodeEnvelope, decodeEnvelopeSet, encodeEnvelope, encodeEnvelopeSet } from './envelope-set.ts';
import { CHAIN_LIMIT, chainAt, chainNext, chainStart, EpochChain, epochId } from './epoch.ts';
import { exportForStockAge } from './export.ts';
import { generateRecipientKey, isRecipient, isRecipientIdentity, type RecipientKey, recipientOf } from './recipient.ts';
import { openRecord, type RecordSlot, sealRecord } from './record.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error) => (isVitalsealError(error) ? error.code : error),
  );
}

describe('the key chain', () => {
  it('has the bytes of FORMATS.md', () => {
    const lines = [
      `secret    ${toHex(secret)}`,
      `epoch     ${toHex(epochId(secret))}`,
      `K0        ${toHex(chainStart(secret))}`,
      `K1        ${toHex(chainNext(chainStart(secret)))}`,
      `K2        ${toHex(chainAt(secret, 2))}`,
    ];
    expect(lines.join('\n')).toBe(formatExample('epoch-chain'));
  });

  it('reaches every key from the secret, step by step', () => {
    let key = chainStart(secret);
    for (let i = 0; i < 50; i++, key = chainNext(key)) expect(toHex(chainAt(secret, i))).toBe(toHex(key));
  });

  it('gives a reader any key in any order, walking each step once and then at most 1,023', () => {
    const chain = new EpochChain(secret);
    for (const index of [0, 5, 4, 2049, 1023, 1024, 1025, 2048, 0, 3000, 1]) {
      expect(toHex(chain.keyAt(index))).toBe(toHex(chainAt(secret, index)));
    }
    // Were each walked from the start, these would be ten million steps.
    for (let i = 0; i < 1000; i++) chain.keyAt(i % 2 === 0 ? 20_480 : 1);
    for (const index of [-1, 0.5, CHAIN_LIMIT]) {
      expect(() => chain.keyAt(index)).toThrow(expect.objectContaining({ code: 'entry_invalid' }));
    }
  });

  it('does not walk for ever', () => {
    for (const index of [-1, 0.5, CHAIN_LIMIT, Number.NaN, 2 ** 53]) {
      expect(() => chainAt(secret, index)).toThrow(expect.objectContaining({ code: 'entry_invalid' }));
    }
  });
});

describe('recipients', () => {
  it('are hybrid keys, and nothing else', async () => {
    const key = await generateRecipientKey();
    expect(await recipientOf(key.identity)).toBe(key.recipient);
    expect([isRecipient(key.recipient), isRecipientIdentity(key.identity)]).toEqual([true, true]);
    const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const classical = await generateX25519Identity();
    const changed = key.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
    for (const text of [
      '',
      'age1pq1',
      changed,
      key.recipient.toUpperCase(),
      key.identity,
      await identityToRecipient(classical),
    ])
      expect(isRecipient(text)).toBe(false);
    for (const text of ['', classical, key.recipient, key.identity.toLowerCase(), `${key.identity} `])
      expect(isRecipientIdentity(text)).toBe(false);
    expect(await codeOf(recipientOf(classical))).toBe('identity_file_invalid');
  });
});

describe('envelopes', () => {
  let keys: RecipientKey[];
  let set: EnvelopeSet;
  const address = (n: number) => new Uint8Array(20).fill(n);

  beforeAll(async () => {
    keys = await Promise.all(Array.from({ length: 5 }, generateRecipientKey));
    set = await sealEnvelopes(
      secret,
      keys.map(({ recipient }, i) => ({ address: address(i), recipient })),
    );
  });

  it('open for their readers only, each by its own path', async () => {
    expect(set.count).toBe(8);
    expect(set.envelopes.map(({ reader }) => reader[0])).toEqual([0, 1, 2, 3, 4]);
    for (const [i, envelope] of set.envelopes.entries()) {
      expect(await openEnvelope(envelope, set.root, set.count, (keys[i] as RecipientKey).identity)).toEqual(secret);
      const other = (keys[(i + 1) % 5] as RecipientKey).identity;
      expect(await codeOf(openEnvelope(envelope, set.root, set.count, other))).toBe('envelope_invalid');
    }
    const [first] = set.envelopes;
    if (first === undefined) throw new Error('no envelope');
    expect(await codeOf(openEnvelope(first, set.root, set.count, 'AGE-SECRET-KEY-1'))).toBe('identity_file_invalid');
  });

  it('hide how many readers there are below four, and give each set another root', async () => {
    const one = () => sealEnvelopes(secret, [{ address: address(0), recipient: (keys[0] as RecipientKey).recipient }]);
    const [a, b] = [await one(), await one()];
    expect([a.count, b.count]).toEqual([4, 4]);
    expect(toHex(a.root)).not.toBe(toHex(b.root));
  });

  it('are refused with anything changed', () => {
    const [envelope] = set.envelopes;
    if (envelope === undefined) throw new Error('no envelope');
    const flip = (bytes: Uint8Array) => bytes.with(0, (bytes[0] as number) ^ 1);
    const [first, ...rest] = envelope.path;
    for (const changed of [
      { salt: flip(envelope.salt) },
      { salt: new Uint8Array(15) },
      { file: flip(envelope.file) },
      { file: new Uint8Array(9000) },
      { index: (envelope.index + 1) % 8 },
      { path: rest },
      { path: [flip(first as Uint8Array), ...rest] },
    ]) {
      expect(() => verifyEnvelope({ ...envelope, ...changed }, set.root, set.count)).toThrow(
        expect.objectContaining({ code: 'envelope_invalid' }),
      );
    }
    for (const count of [0, 4, 7, 16, 2048, Number.NaN]) {
      expect(() => verifyEnvelope(envelope, set.root, count)).toThrow();
    }
  });

  it('come back from bytes', () => {
    expect(decodeEnvelopeSet(encodeEnvelopeSet(set))).toEqual(set);
    for (const envelope of set.envelopes) expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  it('throw nothing but envelope_invalid on flipped, cut and arbitrary bytes', () => {
    const refused = (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array) => {
      try {
        decode(bytes);
        return false;
      } catch (error) {
        expect(isVitalsealError(error, 'envelope_invalid')).toBe(true);
        return true;
      }
    };
    const bytes = encodeEnvelopeSet(set);
    const one = encodeEnvelope(set.envelopes[0] as EnvelopeSet['envelopes'][number]);
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (place, bit) => {
        for (const [decode, whole] of [[decodeEnvelopeSet, bytes] as const, [decodeEnvelope, one] as const]) {
          expect(refused(decode, whole.subarray(0, place % whole.length))).toBe(true);
          const at = place % whole.length;
          refused(decode, whole.with(at, (whole[at] as number) ^ (1 << bit)));
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (any) => {
        expect(refused(decodeEnvelope, any) && refused(decodeEnvelopeSet, any)).toBe(true);
      }),
    );
  });

  it('are not made for nobody, or for what is no recipient', async () => {
    expect(await codeOf(sealEnvelopes(secret, []))).toBe('recipient_invalid');
    expect(await codeOf(sealEnvelopes(secret, [{ address: address(0), recipient: 'age1pq1x' }]))).toBe(
      'recipient_invalid',
    );
  });
});

describe('sealed records', () => {
  const slot: RecordSlot = {
    origin: 'vitalseal.org/solo/vs1example',
    stream: new Uint8Array(16).fill(1),
    epoch: epochId(secret),
    index: 3,
  };
  const chainKey = chainAt(secret, 3);
  const plaintext = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

  it('open by the secret and by the chain key, and are 192 bytes longer', async () => {
    const file = await sealRecord({ ...slot, plaintext, chainKey });
    expect(file.length).toBe(plaintext.length + 192);
    expect(await openRecord({ ...slot, file, secret })).toEqual(plaintext);
    expect(await openRecord({ ...slot, file, chainKey })).toEqual(plaintext);
    const again = await sealRecord({ ...slot, plaintext, chainKey });
    expect(toHex(again)).not.toBe(toHex(file));
  });

  it('begin as FORMATS.md says', async () => {
    const file = fromUtf8(
      (await sealRecord({ ...slot, plaintext, chainKey })).subarray(0, 160).map((b) => (b > 126 ? 63 : b)),
    );
    const shape = (text: string) =>
      text
        .split('\n')
        .slice(0, 4)
        .map((line) => line.replace(/[A-Za-z0-9+/]{22,}$/, (s) => '*'.repeat(s.length)));
    expect(shape(file)).toEqual(shape(formatExample('record-header')));
  });

  it('open as FORMATS.md says', async () => {
    const file = fromHex(formatExample('record').replace(/#.*$/gm, '').replace(/\s/g, ''));
    expect(fromUtf8(await openRecord({ ...slot, file, secret }))).toBe('example');
  });

  it('open at no other place, with no other key', async () => {
    const file = await sealRecord({ ...slot, plaintext, chainKey });
    for (const other of [
      { origin: 'vitalseal.org/solo/vs1other' },
      { stream: new Uint8Array(16) },
      { epoch: new Uint8Array(32) },
      { index: 4 },
    ]) {
      expect(await codeOf(openRecord({ ...slot, ...other, file, chainKey }))).toBe('blob_damaged');
      expect(await codeOf(openRecord({ ...slot, ...other, file, secret }))).toBe('blob_damaged');
    }
    expect(await codeOf(openRecord({ ...slot, file, chainKey: chainAt(secret, 2) }))).toBe('blob_damaged');
  });

  it('throw nothing but blob_damaged with any byte changed or cut', async () => {
    const file = await sealRecord({ ...slot, plaintext: plaintext.subarray(0, 40), chainKey });
    for (let at = 0; at < file.length; at++) {
      const changed = file.with(at, (file[at] as number) ^ (1 << (at % 8)));
      expect(await codeOf(openRecord({ ...slot, file: changed, chainKey }))).toBe('blob_damaged');
      expect(await codeOf(openRecord({ ...slot, file: file.subarray(0, at), chainKey }))).toBe('blob_damaged');
    }
  });

  it('become plain age files for others', async () => {
    const { Decrypter, generateX25519Identity, identityToRecipient } = await import('age-encryption');
    const key = await generateRecipientKey();
    const classical = await generateX25519Identity();
    const file = await exportForStockAge(plaintext, [key.recipient, await identityToRecipient(classical)]);
    for (const identity of [key.identity, classical]) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect(await decrypter.decrypt(file)).toEqual(plaintext);
    }
    expect(await codeOf(exportForStockAge(plaintext, []))).toBe('recipient_invalid');
    expect(await codeOf(exportForStockAge(plaintext, ['age1x']))).toBe('recipient_invalid');
  });
});
