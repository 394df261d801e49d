// Proving: the next final checkpoint, checked against the policy, against the checkpoint held, and for the newest own entry.
// Only what passes all three lets the vault drop anything.
import {
  type AcceptedCheckpoint,
  checkCheckpoint,
  type FacilityClient,
  type Hash,
  leafHash,
  type Policy,
  VitalsealError,
  verifyConsistency,
  verifyInclusion,
} from '@vitalseal/ledger';
import type { ProvenEntry, TreeHead } from './held.ts';

/** Seconds that the facility may wait for a checkpoint that is large enough. */
export const PROVE_WAIT_SECONDS = 20;

export interface ProveTask {
  readonly origin: string;
  readonly policy: Policy;
  readonly held: TreeHead;
  readonly seq: number;
  readonly index: number;
  /** Bytes of the own entry; its leaf is what must be included. */
  readonly entry: Uint8Array;
}

export interface Proved {
  readonly checkpoint: AcceptedCheckpoint;
  readonly proven: ProvenEntry;
}

/** The log showed a checkpoint that contradicts the one held. Both are kept by the caller. */
export class ForkedLog extends VitalsealError {
  readonly shown: string;
  constructor(shown: string) {
    super('checkpoint_forked');
    this.shown = shown;
  }
}

/**
 * Fetches and verifies. Throws `ForkedLog`, `checkpoint_stale`, `policy_unmet` and others of checkCheckpoint,
 * `origin_mismatch`, `proof_invalid`, and those of FacilityClient.
 */
export async function prove(client: Pick<FacilityClient, 'prove'>, task: ProveTask): Promise<Proved> {
  const { held, index, seq, entry } = task;
  const min = Math.max(index + 1, held.size);
  const answer = await client.prove({ from: held.size, index, min, waitSeconds: PROVE_WAIT_SECONDS });
  const checkpoint = checkSuccessor(answer.checkpoint, answer.consistency, task);
  if (!verifyInclusion(leafHash(entry), index, checkpoint.size, checkpoint.root, answer.inclusion)) {
    throw new VitalsealError('proof_invalid', 'the newest own entry is not shown to be in the checkpoint');
  }
  return { checkpoint, proven: { seq, index, entry, note: answer.checkpoint, path: answer.inclusion } };
}

/** Accepts a checkpoint note as successor of the one held. Throws as `prove` does. */
export function checkSuccessor(
  note: string,
  consistency: readonly Hash[],
  { origin, policy, held }: Pick<ProveTask, 'origin' | 'policy' | 'held'>,
): AcceptedCheckpoint {
  const shown = checkCheckpoint(note, policy);
  if (shown.origin !== origin) throw new VitalsealError('origin_mismatch');
  if (shown.size < held.size) throw new VitalsealError('checkpoint_stale');
  if (!verifyConsistency(held.size, held.root, shown.size, shown.root, consistency)) throw new ForkedLog(note);
  return shown;
}
