import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { leafHash, signEntry } from '../entries/codec.ts';
import type { EntryBodies } from '../entries/entry.ts';
import { signNextKeyProof } from '../entries/proofs.ts';
import { addressOf, formatAddress } from '../identity/address.ts';
import type { SigningKey } from '../identity/ed25519.ts';
import { type Hash, hashLeaf } from '../tree/hash.ts';
import { inclusionProof } from '../tree/inclusion.ts';
import { rootOf } from '../tree/reader.ts';
import { type ExistenceFiles, formatExistenceProof, verifyExistence } from './existence.ts';
import { encodeOwnPart } from './extra.ts';
import { gateway, next, ORIGIN, POLICY, recovery, registrar, SmallLedger } from './small-ledger.testing.ts';

const owner = new Uint8Array(20).fill(8);
let recipient = '';

const record = (): EntryBodies['record.register'] => ({
  owner,
  recordId: new Uint8Array(16).fill(0xab),
  version: 1,
  previous: null,
  interval: { start: 1700000100, end: 1700000400 },
  clock: 'synchronised',
  contentType: 'application/x-vitalseal-batch',
  blobHash: new Uint8Array(32).fill(0xcd),
  blobSize: 4096,
  commitment: new Uint8Array(32).fill(3),
  epoch: new Uint8Array(32).fill(4),
  index: 0,
});

const epoch = (n: number): EntryBodies['epoch.open'] => ({
  owner,
  epoch: new Uint8Array(32).fill(n),
  envelopeRoot: new Uint8Array(32).fill(5),
  envelopeCount: 4,
});

function rotation(signingKey: SigningKey): EntryBodies['key.rotate'] {
  const body = {
    subject: addressOf(gateway.publicKey),
    authority: 'user' as const,
    signingKey: signingKey.publicKey,
    recipient,
    recoveryRecipient: recipient,
    recoverySigningKey: recovery.publicKey,
    recoveryProof: null,
  };
  return { ...body, nextKeyProof: signNextKeyProof(ORIGIN, body, signingKey) };
}

/** An entry by somebody else, signed in that one's name by the gateway's key. */
function strangersEntry() {
  const head = { origin: ORIGIN, seq: 1, history: hashLeaf(new Uint8Array(1)), seen: { size: 0, root: rootOf([], 0) } };
  const signer = addressOf(next.publicKey);
  const bytes = signEntry({ ...head, type: 'epoch.open', body: epoch(7), signer }, gateway);
  return { bytes, leaf: leafHash(bytes) };
}

const codeOf = (files: ExistenceFiles, policy = POLICY): string => {
  try {
    return verifyExistence(files, policy).sentence;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

beforeAll(async () => {
  recipient = await identityToRecipient(await generateHybridIdentity());
});

describe('an existence proof', () => {
  function direct(): { files: ExistenceFiles; ledger: SmallLedger; index: number; seen: string; last: string } {
    const ledger = new SmallLedger().strangers(11);
    const seen = ledger.checkpoint(1700000000);
    ledger.strangers(3);
    const index = ledger.leaves.length;
    const entry = ledger.register('record.register', record(), gateway, 11);
    const last = ledger.strangers(70).checkpoint(1700000700);
    return { files: { proofText: ledger.proof(index, last, seen), entry }, ledger, index, seen, last };
  }

  it('says in one sentence what, by whom and between which times', () => {
    const { files, index } = direct();
    const verdict = verifyExistence(files, POLICY);
    const signer = formatAddress(addressOf(gateway.publicKey));
    expect(verdict.sentence).toBe(
      `Proven: ${signer} registered record ${'ab'.repeat(16)} version 1 of owner ${formatAddress(owner)}, whose ` +
        `ciphertext has the SHA-256 ${'cd'.repeat(32)}, in ${ORIGIN}, not before 2023-11-14 22:13:20 UTC and not after ` +
        '2023-11-14 22:25:00 UTC; vouched for by one facility alone (facility).',
    );
    expect(verdict).toMatchObject({
      signer,
      index,
      size: 85,
      notBefore: 1700000000,
      notAfter: 1700000700,
      alone: true,
    });
    expect(verdict).toMatchObject({ type: 'record.register', throughHistory: false, vouchedBy: ['facility'] });
  });

  it('is below 2 kB in a ledger of a million entries', () => {
    const { files, ledger, index, seen, last } = direct();
    const path = Array.from({ length: 20 }, () => ledger.leaves[0] as Hash);
    const large = (note: string) => note.replace(/\n\d+\n/, '\n1048576\n');
    const text = formatExistenceProof({ index, path, checkpoint: large(last), seenNote: large(seen) });
    expect(Buffer.byteLength(text)).toBeLessThan(1900);
    expect(files.entry.length).toBeLessThan(600);
  });

  it('has no lower bound without the checkpoint that was seen, and refuses another one', () => {
    const { files, ledger, index, last } = direct();
    const without = verifyExistence({ ...files, proofText: ledger.proof(index, last) }, POLICY);
    expect(without.notBefore).toBeNull();
    expect(without.sentence).toContain('not after 2023-11-14 22:25:00 UTC, with no known lower bound;');
    const other = ledger.checkpoint(1700000000, 12);
    expect(codeOf({ ...files, proofText: ledger.proof(index, last, other) })).toBe('checkpoint_invalid');
    const uncosigned = ledger.checkpoint(1700000000, 11).replace(/— \S+\/facility .*\n/, '');
    expect(codeOf({ ...files, proofText: ledger.proof(index, last, uncosigned) })).toBe('policy_unmet');
    const clockTurned = ledger.proof(index, last, ledger.checkpoint(1800000000, 11));
    expect(verifyExistence({ ...files, proofText: clockTurned }, POLICY).notBefore).toBeNull();
  });

  it('has no lower bound when what was seen is the empty tree, whose root everybody knows beforehand', () => {
    const ledger = new SmallLedger();
    const entry = ledger.register('record.register', record());
    const proofText = ledger.proof(0, ledger.checkpoint(1700000700), ledger.checkpoint(1700000000, 0));
    expect(verifyExistence({ proofText, entry }, POLICY)).toMatchObject({ notBefore: null, notAfter: 1700000700 });
  });

  it('of an entry that saw a tree with itself in it fails', () => {
    const ledger = new SmallLedger().strangers(3);
    const entry = ledger.register('record.register', record(), gateway, 3);
    expect(codeOf({ entry, proofText: ledger.proof(3, ledger.checkpoint(9)) })).toContain('Proven: ');
    // Only a log that shows different trees to different people can have made this one.
    const early = new SmallLedger().strangers(1);
    early.leaves.push(leafHash(entry));
    expect(codeOf({ entry, proofText: early.strangers(5).proof(1, early.checkpoint(9)) })).toBe('proof_invalid');
  });

  it('fails when any byte of the proof or of the entry differs', () => {
    const { files } = direct();
    for (let i = 0; i < files.entry.length; i++) {
      const entry = files.entry.with(i, (files.entry[i] as number) ^ (1 << (i % 8)));
      expect(codeOf({ ...files, entry })).toMatch(/^[a-z_]+$/);
    }
    const text = Buffer.from(files.proofText);
    for (let i = 0; i < text.length; i++) {
      const bad = Buffer.from(text);
      bad[i] = (bad[i] as number) ^ 1;
      const outcome = codeOf({ ...files, proofText: bad.toString('utf8') });
      // An unknown signature line is ignored, so a log or witness that is no longer named leaves the policy unmet.
      if (!/^[a-z_]+$/.test(outcome)) throw new Error(`byte ${i} does not matter: ${outcome}`);
    }
    expect(codeOf({ ...files, entry: new Uint8Array(0) })).toBe('entry_invalid');
    expect(codeOf(files, POLICY.replace('quorum facility', 'quorum none'))).toContain('one facility alone');
    const bare = { ...files, proofText: files.proofText.replace(/— \S+\/facility .*\n/, '') };
    expect(codeOf(bare)).toBe('policy_unmet');
    expect(codeOf(files, 'quorum none\n')).toBe('policy_unmet');
    expect(codeOf(files, 'nonsense')).toBe('policy_invalid');
  });

  it('of an entry for another ledger, or by a key that is not the signer’s, fails', () => {
    const ledger = new SmallLedger().strangers(3);
    const foreign = ledger.register('epoch.open', epoch(1), gateway, 0, `${ORIGIN}x`);
    const stranger = ledger.register('epoch.open', epoch(2), next);
    const last = ledger.checkpoint(5);
    expect(codeOf({ entry: foreign, proofText: ledger.proof(3, last) })).toBe('origin_mismatch');
    expect(codeOf({ entry: stranger, proofText: ledger.proof(4, last) })).toBe('proof_invalid');
  });
});

describe('after a rotation', () => {
  it('the chain of entries shows whose the new key is', () => {
    const ledger = new SmallLedger().strangers(4);
    const rotate = ledger.register('key.rotate', rotation(next));
    const again = ledger.register('key.rotate', rotation(recovery), next);
    const entry = ledger.register('epoch.open', epoch(2), recovery);
    const last = ledger.checkpoint(9);
    const files = (chain: Uint8Array[]) => ({ entry, proofText: ledger.proof(6, last, null, chain) });
    expect(codeOf(files([rotate, again]))).toContain('opened epoch');
    for (const chain of [[], [rotate], [again], [again, rotate], [rotate, rotate, again], [entry]]) {
      expect(codeOf(files(chain))).toBe('proof_invalid');
    }
    const forged = { ...rotation(next), signingKey: recovery.publicKey };
    const bad = new SmallLedger().register('key.rotate', forged);
    expect(codeOf(files([bad]))).toBe('proof_invalid');
    expect(codeOf(files([rotate.with(100, 0)]))).toMatch(/_invalid$/);
  });
});

describe('an older own entry', () => {
  it('is proven through the history of a newer one, with the newer one’s time', () => {
    const ledger = new SmallLedger().strangers(5);
    const seen = ledger.checkpoint(1699999999);
    for (let n = 0; n < 9; n++) ledger.register('epoch.open', epoch(n), gateway, n === 4 ? 5 : 0);
    const entry = ledger.register('epoch.open', epoch(9));
    const index = ledger.leaves.length - 1;
    const last = ledger.strangers(6).checkpoint(1700000700);
    for (let seq = 0; seq < 9; seq++) {
      const part = { entry: ledger.entries[seq] as Uint8Array, seq, path: inclusionProof(ledger.own, seq, 9) };
      const files = (own: typeof part | { entry: null; seq: number; path: Hash[] }, note: string | null = null) => ({
        entry,
        proofText: ledger.proof(index, last, note),
        own: encodeOwnPart(own),
      });
      const verdict = verifyExistence(files(part), POLICY);
      expect(verdict).toMatchObject({ seq, index, throughHistory: true, notAfter: 1700000700, notBefore: null });
      expect(verdict.sentence).toContain(`shown through its later entry ${index}, not after`);
      expect(codeOf(files({ ...part, seq: seq + 1 }))).toBe('proof_invalid');
      expect(codeOf(files({ ...part, entry: ledger.entries[(seq + 1) % 9] as Uint8Array }))).toBe('proof_invalid');
      expect(codeOf(files({ ...part, path: part.path.slice(1) }))).toBe('proof_invalid');
      expect(codeOf(files({ ...part, entry: null }))).toBe('entry_needed');
      if (seq === 4) expect(verifyExistence(files(part, seen), POLICY).notBefore).toBe(1699999999);
      else expect(codeOf(files(part, seen))).toBe('checkpoint_invalid');
    }
    const part = { entry: ledger.entries[4] as Uint8Array, seq: 4, path: inclusionProof(ledger.own, 4, 9) };
    const newestSaw = ledger.proof(index, last, ledger.checkpoint(1699999998, 0));
    const foreign = verifyExistence({ entry, proofText: newestSaw, own: encodeOwnPart(part) }, POLICY);
    expect(foreign.notBefore).toBeNull();
    expect(codeOf({ entry, proofText: ledger.proof(index, last), own: new Uint8Array(3) })).toBe('proof_invalid');
  });

  it('is of the same ledger and the same signer as the newer one, whatever its history holds', () => {
    const ledger = new SmallLedger();
    ledger.register('epoch.open', epoch(0), gateway, 0, `${ORIGIN}x`);
    const { bytes, leaf } = strangersEntry();
    ledger.own.push(leaf);
    const entry = ledger.register('epoch.open', epoch(1));
    const proofText = ledger.proof(1, ledger.checkpoint(5));
    const own = (part: Uint8Array, seq: number) =>
      encodeOwnPart({ entry: part, seq, path: inclusionProof(ledger.own, seq, 2) });
    expect(codeOf({ entry, proofText, own: own(ledger.entries[0] as Uint8Array, 0) })).toBe('origin_mismatch');
    expect(codeOf({ entry, proofText, own: own(bytes, 1) })).toBe('proof_invalid');
  });

  it('may be by the signer’s first key, of which its address is made, or one of the chain, and by no other', () => {
    const ledger = new SmallLedger();
    ledger.register('epoch.open', epoch(0));
    ledger.register('epoch.open', epoch(1), recovery);
    const entry = ledger.register('epoch.open', epoch(2), next);
    const body = { ...rotation(next), authority: 'registrar' as const };
    const proven = { ...body, nextKeyProof: signNextKeyProof(ORIGIN, body, next) };
    const head = {
      seq: 9,
      history: hashLeaf(new Uint8Array(1)),
      seen: { size: 0, root: rootOf([], 0) },
      origin: ORIGIN,
    };
    const signer = addressOf(registrar.publicKey);
    const chain = [signEntry({ ...head, type: 'key.rotate', body: proven, signer }, registrar)];
    const proofText = ledger.proof(2, ledger.checkpoint(5), null, chain);
    const own = (seq: number) =>
      encodeOwnPart({ entry: ledger.entries[seq] as Uint8Array, seq, path: inclusionProof(ledger.own, seq, 2) });
    expect(codeOf({ entry, proofText, own: own(0) })).toContain('shown through its later entry 2');
    expect(codeOf({ entry, proofText, own: own(1) })).toBe('proof_invalid');
  });
});
