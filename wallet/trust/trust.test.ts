import {
  addSignatures,
  consistencyProof,
  cosignCheckpoint,
  FacilityClient,
  formatCheckpoint,
  formatVkey,
  type Hash,
  hashLeaf,
  inclusionProof,
  logSigner,
  MESSAGES,
  NOTE_TYPE,
  parsePolicy,
  policyHash,
  rootOf,
  signingKeyOf,
  signNote,
} from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { TrustedLog, trustedPolicy } from './trust.ts';

const [log, other, witness] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array];
const vkey = (name: string, type: number, secret: Uint8Array) => formatVkey(name, type, signingKeyOf(secret).publicKey);
const POLICY = `log ${vkey('ours', NOTE_TYPE.ed25519, log)}
log ${vkey('theirs', NOTE_TYPE.ed25519, other)}
witness facility ${vkey('facility', NOTE_TYPE.cosignature, witness)}
quorum facility
`;
const policy = parsePolicy(POLICY);
const leaves = Array.from({ length: 20 }, (_, i) => hashLeaf(Uint8Array.of(i)));
const fork = [...leaves.slice(0, 3), ...leaves.slice(4)];

function checkpoint(size: number, tree: readonly Hash[] = leaves, origin = 'ours'): string {
  const body = formatCheckpoint({ origin, size, root: rootOf(tree, size) });
  const note = signNote(body, [logSigner({ name: origin, secretKey: origin === 'ours' ? log : other })]);
  return addSignatures(note, [cosignCheckpoint(body, { name: 'facility', secretKey: witness }, 1000 + size)]);
}

/** A facility that answers every request for a proof with this. */
const answering = (note: string, consistency: readonly Hash[], inclusion: readonly Hash[]) =>
  new FacilityClient(async () => ({
    status: 200,
    body: MESSAGES.prove.encode({ checkpoint: note, consistency, inclusion }),
  }));

describe('a policy is trusted', () => {
  it('by its hash or the beginning of it, and by nothing else', () => {
    const hash = policyHash(POLICY);
    expect(trustedPolicy(POLICY, hash)).toEqual(policy);
    expect(trustedPolicy(POLICY, hash.subarray(0, 16))).toEqual(policy);
    expect(() => trustedPolicy(`${POLICY}\n`, hash)).toThrow(expect.objectContaining({ code: 'policy_mismatch' }));
  });
});

describe('a log is trusted', () => {
  it('under the origin that was asked for', () => {
    expect(TrustedLog.open(policy, checkpoint(5), 'ours').held.size).toBe(5);
    const mismatch = expect.objectContaining({ code: 'origin_mismatch' });
    expect(() => TrustedLog.open(policy, checkpoint(5, leaves, 'theirs'), 'ours')).toThrow(mismatch);
  });

  it('as far as each newer checkpoint contains the one before', async () => {
    const trusted = TrustedLog.open(policy, checkpoint(5), 'ours');
    const prove = (client: FacilityClient, index = 4) => trusted.prove(client, index, leaves[index] as Hash);
    const good = answering(checkpoint(9), consistencyProof(leaves, 5, 9), inclusionProof(leaves, 4, 9));

    const forked = answering(checkpoint(9, fork), consistencyProof(fork, 5, 9), inclusionProof(leaves, 4, 9));
    await expect(prove(forked)).rejects.toMatchObject({ code: 'checkpoint_forked' });
    const stale = answering(checkpoint(4), [], []);
    await expect(prove(stale)).rejects.toMatchObject({ code: 'checkpoint_stale' });
    const theirs = answering(checkpoint(9, leaves, 'theirs'), consistencyProof(leaves, 5, 9), []);
    await expect(prove(theirs)).rejects.toMatchObject({ code: 'origin_mismatch' });
    const unsigned = answering(checkpoint(9).replace(/— facility .*\n/, ''), consistencyProof(leaves, 5, 9), []);
    await expect(prove(unsigned)).rejects.toMatchObject({ code: 'policy_unmet' });
    // Nothing of that was believed.
    expect(trusted.held.size).toBe(5);

    expect(await prove(good)).toMatchObject({ index: 4, checkpoint: checkpoint(9) });
    expect(trusted.held.size).toBe(9);
    await expect(prove(good, 3)).rejects.toMatchObject({ code: 'checkpoint_forked' });
    const same = answering(checkpoint(9), [], inclusionProof(leaves, 3, 9));
    expect((await prove(same, 3)).index).toBe(3);
    await expect(prove(same, 4)).rejects.toMatchObject({ code: 'proof_invalid' });
  });
});
