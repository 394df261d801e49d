import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signingKeyOf } from '../identity/ed25519.ts';
import { addSignatures, formatNote, type NoteSignature, parseNote, signNote } from './note.ts';
import { cosignCheckpoint, logSigner, verifyCosignature, verifyLogSignature } from './signers.ts';
import { formatVkey, NOTE_TYPE, noteKey, parseVkey } from './vkey.ts';

// C2SP signed-note, "Example", and the note of golang.org/x/mod/sumdb/note's own documentation.
const FOREIGN = [
  {
    vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    note: `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`,
  },
  {
    vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    note: `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`,
  },
];

describe('signed notes of others', () => {
  it.each(FOREIGN)('verify under $vkey and fail when any of their bytes differs', ({ vkey, note }) => {
    const key = parseVkey(vkey);
    expect(formatVkey(key.name, key.type, key.publicKey)).toBe(vkey);
    const { body, signatures } = parseNote(note);
    const [signature] = signatures as [NoteSignature];
    expect(verifyLogSignature(body, signature, key)).toBe(true);
    expect(formatNote({ body, signatures })).toBe(note);
    for (let i = 0; i < signature.signature.length; i++) {
      const bad = signature.signature.with(i, (signature.signature[i] as number) ^ 1);
      expect(verifyLogSignature(body, { ...signature, signature: bad }, key)).toBe(false);
    }
    expect(verifyLogSignature(`${body}\n`, signature, key)).toBe(false);
    expect(verifyLogSignature(body, { ...signature, keyId: signature.keyId ^ 1 }, key)).toBe(false);
  });

  it('are made byte for byte as by Go from the same key', () => {
    // PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz
    const secretKey = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
    const { note } = FOREIGN[1] as { note: string };
    expect(signNote(parseNote(note).body, [logSigner({ name: 'PeterNeumann', secretKey })])).toBe(note);
  });

  it('split at the last empty line, as in the poem of the specification', () => {
    const poem = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;
    const note = parseNote(poem);
    expect(note.body.endsWith('\n\ned è subito sera.\n')).toBe(true);
    expect(note.signatures[0]).toMatchObject({ name: 'quasimodo.example/salvatore', keyId: 0x367ba04b });
  });
});

describe('hostile notes', () => {
  const good = FOREIGN[0]?.note as string;
  it.each([
    ['nothing', ''],
    ['no signature', 'text\n\n'],
    ['no empty line', 'text\n— a AAAAAAA=\n'],
    ['no last newline', good.slice(0, -1)],
    ['a carriage return', good.replace('\n', '\r\n')],
    ['a NUL', `\0${good}`],
    ['a lone surrogate', `\ud800${good}`],
    ['a hyphen for a dash', good.replace('—', '-')],
    ['a name with a plus', good.replace('example.com/foo', 'a+b')],
    ['a no-break space in a name', good.replace('example.com/foo', 'a\u00a0b')],
    ['a signature of four bytes', 'text\n\n— a AAAAAA==\n'],
    ['loose base64', good.replace('aQM=', 'aQN=')],
    ['a signature line too many spaces', good.replace('— ', '—  ')],
    ['too long', `${'x'.repeat(300_000)}${good}`],
    ['too many signatures', good + '— a AAAAAAA=\n'.repeat(256)],
  ])('with %s are refused', (_what, text) => {
    expect(() => parseNote(text)).toThrow(expect.objectContaining({ code: 'note_invalid' }));
  });

  it('are not written either', () => {
    const { body, signatures } = parseNote(good);
    expect(formatNote({ body, signatures })).toBe(good);
    for (const bad of [
      { body: 'no newline', signatures },
      { body: 'a\r\n', signatures },
      { body, signatures: [] },
      { body, signatures: signatures.map((signature) => ({ ...signature, name: 'a b' })) },
    ]) {
      expect(() => formatNote(bad)).toThrow(expect.objectContaining({ code: 'note_invalid' }));
    }
    // Without the last newline the last character would be taken for it.
    expect(() => parseNote(`${good.slice(0, -1)}x`)).toThrow(expect.objectContaining({ code: 'note_invalid' }));
  });

  it('never throw anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((s) => good.replace('foo', s)),
        ),
        (text) => {
          try {
            const note = parseNote(text);
            expect(formatNote(note)).toBe(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'note_invalid' });
          }
        },
      ),
    );
  });
});

describe('verifier keys', () => {
  it('keep ML-DSA-44 and unknown types as they came, and verify nothing with them', () => {
    const vkey = formatVkey('witness.example', NOTE_TYPE.mlDsa44, new Uint8Array(1312).fill(7));
    const key = parseVkey(vkey);
    expect(key.type).toBe(6);
    expect(parseVkey('a+01020304+AgECAw==')).toMatchObject({ type: 2, keyId: 0x01020304 });
    const signature = { name: key.name, keyId: key.keyId, signature: new Uint8Array(2428) };
    expect(verifyCosignature('a\n', signature, key)).toBeNull();
    expect(verifyLogSignature('a\n', signature, key)).toBe(false);
  });

  it.each([
    ['a wrong id', 'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['an upper-case id', 'example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['a short key', 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q=='],
    ['no name', '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['a space in its name', 'a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'],
    ['nothing', ''],
    ['no key', 'a+01020304+AQ=='],
  ])('with %s are refused', (_what, text) => {
    expect(() => parseVkey(text)).toThrow(expect.objectContaining({ code: 'key_invalid' }));
  });

  it('of small order or not on the curve are refused', () => {
    expect(() => noteKey('a', NOTE_TYPE.ed25519, new Uint8Array(32))).toThrow();
    expect(() => noteKey('a', NOTE_TYPE.cosignature, Uint8Array.of(1, ...new Uint8Array(31)))).toThrow();
  });
});

describe('cosignatures', () => {
  const { secretKey, publicKey } = signingKeyOf(new Uint8Array(32).fill(9));
  const key = noteKey('witness.example/w1', NOTE_TYPE.cosignature, publicKey);
  const body = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';

  it('sign the message that C2SP tlog-cosignature shows', () => {
    const cosignature = cosignCheckpoint(body, { name: key.name, secretKey }, 1679315147);
    expect(cosignature.keyId).toBe(key.keyId);
    expect(verifyCosignature(body, cosignature, key)).toBe(1679315147);
    const message = `cosignature/v1\ntime 1679315147\n${body}`;
    const plain = { ...cosignature, signature: cosignature.signature.subarray(8) };
    const asNote = noteKey(key.name, NOTE_TYPE.ed25519, publicKey);
    expect(verifyLogSignature(message, { ...plain, keyId: asNote.keyId }, asNote)).toBe(true);
  });

  it('have the layout of the specification’s example', () => {
    const example = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;
    const note = parseNote(example);
    expect(note.body).toBe(body);
    const [, witness] = note.signatures as [NoteSignature, NoteSignature];
    expect(witness).toMatchObject({ name: 'witness.example.com/w1', keyId: 0x8d66cf3f });
    expect(witness.signature.length).toBe(8 + 64);
    expect(Buffer.from(witness.signature).readBigUInt64BE()).toBe(1679315147n);
    expect(formatNote(note)).toBe(example);
  });

  it('bind text and time: any bit of either fails', () => {
    const cosignature = cosignCheckpoint(body, { name: key.name, secretKey }, 1679315147);
    for (let i = 0; i < cosignature.signature.length; i++) {
      const bad = cosignature.signature.with(i, (cosignature.signature[i] as number) ^ 0x10);
      expect(verifyCosignature(body, { ...cosignature, signature: bad }, key)).toBeNull();
    }
    expect(verifyCosignature(body.replace('3\n', '4\n'), cosignature, key)).toBeNull();
    expect(verifyCosignature(body, { ...cosignature, name: 'other' }, key)).toBeNull();
    expect(() => cosignCheckpoint(body, { name: 'w', secretKey }, -1)).toThrow();
  });

  it('are added to a note that was signed before', () => {
    const note = signNote(body, [logSigner({ name: 'example.com/behind-the-sofa', secretKey })]);
    const both = addSignatures(note, [cosignCheckpoint(body, { name: key.name, secretKey }, 5)]);
    expect(both.startsWith(note)).toBe(true);
    expect(parseNote(both).signatures.length).toBe(2);
  });
});
