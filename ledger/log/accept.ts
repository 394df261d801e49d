// Whether a checkpoint counts: signed by a log of the policy, cosigned by a quorum of its witnesses, and between which
// times. The one gate through which every checkpoint comes that a light node, a reader or a verifier trusts.
import { VitalsealError } from '../errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { type Note, parseNote } from './note.ts';
import type { Policy } from './policy.ts';
import { verifyCosignature, verifyLogSignature } from './signers.ts';
import { NOTE_TYPE } from './vkey.ts';

/** POSIX seconds. A set of witnesses that meets the quorum cosigned at or before `latest`, and one at or after `earliest`. */
export interface CosignedAt {
  readonly earliest: number;
  readonly latest: number;
}

/** A checkpoint that the policy accepts. `by` are the policy's names of the witnesses whose cosignatures verified. */
export interface AcceptedCheckpoint extends Checkpoint {
  readonly by: readonly string[];
  /** Null only under `quorum none` without any cosignature. */
  readonly cosignedAt: CosignedAt | null;
}

/**
 * Verifies a checkpoint note against a policy (C2SP tlog-policy, signed-note). Signatures of unknown keys are ignored;
 * one of a known key that fails spoils the note. Throws `note_invalid`, `checkpoint_invalid` or `policy_unmet`.
 */
export function checkCheckpoint(noteText: string, policy: Policy): AcceptedCheckpoint {
  const note = parseNote(noteText);
  const checkpoint = parseCheckpoint(note.body);
  checkLog(note, checkpoint.origin, policy);
  const times = cosignatureTimes(note, policy);
  if (!quorumMet(policy, new Set(times.keys()))) {
    throw new VitalsealError('policy_unmet', 'the cosignatures of the checkpoint do not meet the quorum');
  }
  return { ...checkpoint, by: [...times.keys()], cosignedAt: quorumTimes(policy, times) };
}

/** Whether the witnesses named in `signed` make the quorum. Groups come after their members, so one pass is enough. */
export function quorumMet({ groups, quorum }: Policy, signed: ReadonlySet<string>): boolean {
  if (quorum === null) return true;
  const witnessed = new Set(signed);
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  }
  return witnessed.has(quorum);
}

/** Whether one witness alone makes the quorum, as in the embedded engine's policy; then one facility vouches alone. */
export function oneWitnessSuffices(policy: Policy): boolean {
  return policy.witnesses.some(({ name }) => quorumMet(policy, new Set([name])));
}

function checkLog(note: Note, origin: string, { logs }: Policy): void {
  let signed = false;
  for (const { key } of logs) {
    if (key.name !== origin || key.type !== NOTE_TYPE.ed25519) continue;
    for (const signature of note.signatures) {
      if (signature.name !== key.name || signature.keyId !== key.keyId) continue;
      if (!verifyLogSignature(note.body, signature, key)) {
        throw new VitalsealError('checkpoint_invalid', 'the signature of a known log does not verify');
      }
      signed = true;
    }
  }
  if (!signed) throw new VitalsealError('policy_unmet', 'no log of the policy signed this checkpoint');
}

/** Witness name → time of its earliest cosignature. */
function cosignatureTimes(note: Note, { witnesses }: Policy): Map<string, number> {
  const times = new Map<string, number>();
  for (const { name, key } of witnesses) {
    if (key.type !== NOTE_TYPE.cosignature) continue;
    for (const signature of note.signatures) {
      if (signature.name !== key.name || signature.keyId !== key.keyId) continue;
      const time = verifyCosignature(note.body, signature, key);
      if (time === null) throw new VitalsealError('checkpoint_invalid', 'a known cosignature does not verify');
      times.set(name, Math.min(time, times.get(name) ?? time));
    }
  }
  return times;
}

/**
 * The times that a quorum stands behind. Whoever the policy could not outvote might have given any time; so an upper
 * bound counts when a whole quorum had signed by then, and a lower bound when a whole quorum signed no earlier.
 */
function quorumTimes(policy: Policy, times: ReadonlyMap<string, number>): CosignedAt | null {
  const all = [...times.values()].toSorted((a, b) => a - b);
  const signedWithin = (accept: (time: number) => boolean) =>
    quorumMet(policy, new Set([...times.keys()].filter((name) => accept(times.get(name) as number))));
  const latest = all.find((limit) => signedWithin((time) => time <= limit));
  const earliest = all.findLast((limit) => signedWithin((time) => time >= limit));
  if (latest === undefined || earliest === undefined) return null;
  return { earliest: Math.min(earliest, latest), latest };
}
