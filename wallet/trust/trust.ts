// What a person trusts: the ledger's origin and the hash of its policy, both in the identity file. Everything that a
// facility says is held against these two, and against the newest checkpoint that was accepted under them.
import {
  type AcceptedCheckpoint,
  checkCheckpoint,
  equalBytes,
  type FacilityClient,
  type Hash,
  type Policy,
  parsePolicy,
  policyHash,
  VitalsealError,
  verifyConsistency,
  verifyInclusion,
} from '@vitalseal/ledger';

/** An entry's place in the tree of the checkpoint that proves it. */
export interface Inclusion {
  readonly index: number;
  readonly path: readonly Hash[];
  /** The checkpoint's note. */
  readonly checkpoint: string;
}

/** The policy behind a hash or the beginning of one. Throws `policy_mismatch`. */
export function trustedPolicy(text: string, hash: Uint8Array): Policy {
  if (!equalBytes(policyHash(text).subarray(0, hash.length), hash)) throw new VitalsealError('policy_mismatch');
  return parsePolicy(text);
}

/** The newest final checkpoint that was accepted, and whatever is proven from it. Only ever moves forward. */
export class TrustedLog {
  readonly policy: Policy;
  #held: AcceptedCheckpoint;

  private constructor(policy: Policy, held: AcceptedCheckpoint) {
    this.policy = policy;
    this.#held = held;
  }

  /** Accepts the first checkpoint. Throws `policy_unmet`, `checkpoint_invalid`, `origin_mismatch`. */
  static open(policy: Policy, note: string, origin?: string): TrustedLog {
    const held = checkCheckpoint(note, policy);
    if (origin !== undefined && held.origin !== origin) throw new VitalsealError('origin_mismatch');
    return new TrustedLog(policy, held);
  }

  get held(): AcceptedCheckpoint {
    return this.#held;
  }

  /**
   * Proves that the entry with this leaf hash is at `index`, waiting up to `waitSeconds` for a checkpoint that holds it.
   * Throws `checkpoint_forked` when the facility's newer checkpoint does not contain the held one, `proof_invalid`.
   */
  async prove(client: FacilityClient, index: number, leaf: Hash, waitSeconds = 0): Promise<Inclusion> {
    const from = this.#held.size;
    const min = Math.max(from, index + 1);
    const answer = await client.prove({ from, index, min, ...(waitSeconds > 0 ? { waitSeconds } : {}) });
    this.#advance(answer.checkpoint, answer.consistency);
    const { size, root } = this.#held;
    if (!verifyInclusion(leaf, index, size, root, answer.inclusion)) {
      throw new VitalsealError('proof_invalid', 'the facility did not prove that the entry is in the ledger');
    }
    return { index, path: answer.inclusion, checkpoint: answer.checkpoint };
  }

  #advance(note: string, consistency: readonly Hash[]): void {
    const next = checkCheckpoint(note, this.policy);
    const held = this.#held;
    if (next.origin !== held.origin) throw new VitalsealError('origin_mismatch');
    if (next.size < held.size) throw new VitalsealError('checkpoint_stale');
    if (!verifyConsistency(held.size, held.root, next.size, next.root, consistency)) {
      throw new VitalsealError('checkpoint_forked');
    }
    this.#held = next;
  }
}
