import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signingKeyOf } from '../identity/ed25519.ts';
import { hashLeaf } from '../tree/hash.ts';
import { checkCheckpoint, oneWitnessSuffices, quorumMet } from './accept.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { addSignatures, formatNote, signNote } from './note.ts';
import { formatPolicy, parsePolicy, policyHash } from './policy.ts';
import { cosignCheckpoint, logSigner } from './signers.ts';
import { formatVkey, NOTE_TYPE } from './vkey.ts';

const ORIGIN = 'log.example/tlog';
const secret = (seed: number) => new Uint8Array(32).fill(seed);
const vkeyOf = (name: string, type: number, seed: number) =>
  formatVkey(name, type, signingKeyOf(secret(seed)).publicKey);
const log = `log ${vkeyOf(ORIGIN, NOTE_TYPE.ed25519, 1)}`;
const witnessLine = (name: string, seed: number) =>
  `witness ${name} ${vkeyOf(`w.example/${name}`, NOTE_TYPE.cosignature, seed)}`;
const NAMES = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'];
const seedOf = (name: string) => 10 + NAMES.indexOf(name);

// The example of C2SP tlog-policy, with keys.
const EXAMPLE = `# two levels
${log}

witness X1 ${witnessLine('X1', 10).split(' ')[2]}
 witness\tX2 ${witnessLine('X2', 11).split(' ')[2]}   https://w.example/x2\t
${witnessLine('X3', 12)}
group X-witnesses 2 X1 X2 X3

${witnessLine('Y1', 13)}
${witnessLine('Y2', 14)}
${witnessLine('Y3', 15)}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const body = formatCheckpoint({ origin: ORIGIN, size: 3, root: hashLeaf(Uint8Array.of(1)) });
const checkpoint = signNote(body, [logSigner({ name: ORIGIN, secretKey: secret(1) })]);
const cosign = (name: string, time: number, seed = seedOf(name)) =>
  cosignCheckpoint(body, { name: `w.example/${name}`, secretKey: secret(seed) }, time);

describe('a policy', () => {
  it('reads as the example of C2SP tlog-policy, and formats to a text that reads the same', () => {
    const policy = parsePolicy(EXAMPLE);
    expect(policy.logs.length).toBe(1);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(NAMES);
    expect(policy.witnesses[1]?.url).toBe('https://w.example/x2');
    expect(policy.groups.map(({ threshold }) => threshold)).toEqual([2, 1, 2]);
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
    expect(policyHash('quorum none\n').length).toBe(32);
  });

  it('asks for exactly the witnesses that its groups say, in all 64 cases', () => {
    const policy = parsePolicy(EXAMPLE);
    for (let set = 0; set < 64; set++) {
      const signed = NAMES.filter((_, i) => set & (1 << i));
      const x = signed.filter((name) => name.startsWith('X')).length;
      expect(quorumMet(policy, new Set(signed))).toBe(x >= 2 && signed.length > x);
    }
    expect(oneWitnessSuffices(policy)).toBe(false);
  });

  it('keeps ML-DSA-44 witnesses without counting them', () => {
    const key = formatVkey('w.example/pq', NOTE_TYPE.mlDsa44, new Uint8Array(1312));
    const policy = parsePolicy(`${log}\nwitness pq ${key}\nquorum pq\n`);
    expect(policy.witnesses[0]?.key.type).toBe(6);
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
    expect(() => checkCheckpoint(checkpoint, policy)).toThrow(expect.objectContaining({ code: 'policy_unmet' }));
  });

  const W = witnessLine('A', 20);
  it.each([
    ['has no quorum', log],
    ['has two quorums', `${W}\nquorum A\nquorum A`],
    ['names an unknown quorum', 'quorum A'],
    ['names its quorum before the definition', `quorum A\n${W}`],
    ['uses a member before its definition', `group G any A\n${W}\nquorum G`],
    ['lists itself as member', 'group G any G\nquorum G'],
    ['lists none as member', 'group G any none\nquorum G'],
    ['lists a member twice', `${W}\ngroup G 1 A A\nquorum G`],
    ['lists a member in two groups', `${W}\ngroup G any A\ngroup H any A\nquorum G`],
    ['asks for 0 of 1', `${W}\ngroup G 0 A\nquorum G`],
    ['asks for 2 of 1', `${W}\ngroup G 2 A\nquorum G`],
    ['asks for a hexadecimal number', `${W}\ngroup G 0x1 A\nquorum G`],
    ['has an empty group', 'group G all\nquorum G'],
    ['redefines none', `${W.replace('witness A', 'witness none')}\nquorum none`],
    ['defines a name twice', `${W}\n${witnessLine('A', 21)}\nquorum A`],
    ['has a witness key twice', `${W}\n${W.replace('witness A', 'witness B')}\nquorum A`],
    ['has a log key twice', `${log}\n${log}\nquorum none`],
    ['has a log key for a witness', `witness A ${log.split(' ')[1]}\nquorum A`],
    ['has a witness key for a log', `log ${W.split(' ')[2]}\nquorum none`],
    ['has an unknown line', 'monitor X\nquorum none'],
    ['has a carriage return', 'quorum none\r\n'],
    ['has a form feed', 'quorum\fnone\n'],
    ['has a word too many', 'quorum none none'],
    ['is huge', `quorum none\n${'#'.repeat(600_000)}`],
    ['has a witness key twice, under two names', `${W}\nwitness B ${vkeyOf('other', 4, 20)}\nquorum A`],
    ['has a log key twice, under two names', `${log}\nlog ${vkeyOf('other', 1, 1)}\nquorum none`],
  ])('that %s is refused', (_what, text) => {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code: 'policy_invalid' }));
  });

  it('may be of 512 groups and no more', () => {
    const chain = (n: number) => Array.from({ length: n }, (_, i) => `group G${i} any ${i === 0 ? 'A' : `G${i - 1}`}`);
    const text = (n: number) => [W, ...chain(n), `quorum G${n - 1}`].join('\n');
    expect(parsePolicy(text(512)).groups.length).toBe(512);
    expect(() => parsePolicy(text(513))).toThrow('too many');
  });

  it('never throws anything else, whatever the text', () => {
    const word = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'none',
      'A',
      'B',
      'any',
      'all',
      '1',
      '\n',
      ' ',
      '#',
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          parsePolicy(words.join(' '));
        } catch (error) {
          expect(error).toMatchObject({ code: 'policy_invalid' });
        }
      }),
    );
  });
});

describe('a checkpoint', () => {
  const solo = parsePolicy(`${log}\n${witnessLine('A', 20)}\nquorum A\n`);
  const soloNote = addSignatures(checkpoint, [cosign('A', 1000, 20)]);

  it('counts when its log signed it and the quorum cosigned it', () => {
    expect(checkCheckpoint(soloNote, solo)).toEqual({
      ...parseCheckpoint(body),
      by: ['A'],
      cosignedAt: { earliest: 1000, latest: 1000 },
    });
    expect(oneWitnessSuffices(solo)).toBe(true);
    expect(checkCheckpoint(checkpoint, parsePolicy(`${log}\nquorum none`)).cosignedAt).toBeNull();
  });

  it('does not count otherwise, and says why', () => {
    const code = (note: string, policy = solo) => {
      try {
        checkCheckpoint(note, policy);
        return 'accepted';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const stranger = signNote(body, [logSigner({ name: ORIGIN, secretKey: secret(2) })]);
    expect(code(checkpoint)).toBe('policy_unmet');
    expect(code(stranger)).toBe('policy_unmet');
    expect(code(addSignatures(stranger, [cosign('A', 1000, 20)]))).toBe('policy_unmet');
    expect(code(addSignatures(checkpoint, [cosign('A', 1000, 21)]))).toBe('policy_unmet');
    expect(code(soloNote.replace('\n3\n', '\n4\n'))).toBe('checkpoint_invalid');
    expect(code(soloNote.replace(ORIGIN, 'log.example/other'))).toBe('policy_unmet');
    expect(code('')).toBe('note_invalid');
    // Cosigned as it is, but the log never signed it.
    const { name, keyId } = logSigner({ name: ORIGIN, secretKey: secret(1) })(body);
    const unsigned = formatNote({ body, signatures: [{ name, keyId, signature: new Uint8Array(64) }] });
    expect(code(addSignatures(unsigned, [cosign('A', 1000, 20)]))).toBe('checkpoint_invalid');
    const forged = { ...cosign('A', 1000, 20), signature: new Uint8Array(72) };
    expect(code(addSignatures(checkpoint, [forged]))).toBe('checkpoint_invalid');
    expect(code(addSignatures(soloNote, [forged]))).toBe('checkpoint_invalid');
    // What strangers add to a note changes nothing.
    expect(code(addSignatures(soloNote, [cosign('Z', 1, 40)]))).toBe('accepted');
  });

  it('takes its times from a quorum, so that no minority of witnesses can move them', () => {
    const lines = ['A', 'B', 'C', 'D'].map((name, i) => witnessLine(name, 20 + i));
    const policy = parsePolicy(`${log}\n${lines.join('\n')}\ngroup G 3 A B C D\nquorum G\n`);
    const times = (list: number[]) =>
      checkCheckpoint(
        addSignatures(
          checkpoint,
          list.map((time, i) => cosign('ABCD'[i] as string, time, 20 + i)),
        ),
        policy,
      ).cosignedAt;
    expect(times([10, 11, 12, 13])).toEqual({ earliest: 11, latest: 12 });
    expect(times([0, 11, 12, 13])).toEqual({ earliest: 11, latest: 12 });
    expect(times([10, 11, 12, 2 ** 52])).toEqual({ earliest: 11, latest: 12 });
    expect(times([10, 11, 12])).toEqual({ earliest: 10, latest: 12 });
  });

  it.each([
    ['two lines', 'a\n1\n'],
    ['a leading zero', 'a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['a negative size', 'a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['a size beyond 2^53', 'a\n9007199254740992\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['a short root', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n'],
    ['an empty origin', '\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['an empty extension', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n'],
    ['a root for no leaves', 'a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
    ['no last newline', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='],
    ['another last character', 'a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=x'],
    ['4,096 characters and more', `a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n${'x'.repeat(4096)}\n`],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'checkpoint_invalid' }));
  });

  it('keeps extension lines, as the body that is signed holds them', () => {
    const root = hashLeaf(Uint8Array.of(2));
    const extended = formatCheckpoint({ origin: 'a', size: 7, root, extensions: ['one', 'two'] });
    expect(parseCheckpoint(extended)).toEqual({ origin: 'a', size: 7, root, extensions: ['one', 'two'] });
    expect(() => formatCheckpoint({ origin: 'a\nb', size: 7, root })).toThrow();
  });
});
