// When a committed checkpoint becomes final: its cosignatures, from this node and others, are gathered until the policy
// is met. They may come late, twice, or wrong; a wrong one is dropped, because it would spoil the note for everyone.
import {
  checkCheckpoint,
  cosignCheckpoint,
  formatCheckpoint,
  formatNote,
  logSigner,
  type NoteSecret,
  type NoteSignature,
  type Policy,
  quorumMet,
  verifyCosignature,
} from '@vitalseal/ledger';
import type { Committed } from '../engine/engine.ts';
import type { Published } from './publisher.ts';

export interface FinalityOptions {
  readonly origin: string;
  readonly policy: Policy;
  readonly logKey: NoteSecret;
  readonly cosignerKey: NoteSecret;
  readonly onFinal: (published: Published) => void;
}

interface Pending {
  readonly body: string;
  readonly committed: Committed;
  /** By the witness's name in the policy. */
  readonly cosignatures: Map<string, NoteSignature>;
}

/** Checkpoints that still lack cosignatures; beyond it the oldest are given up, since a newer one covers them. */
const MAX_PENDING = 64;

export class Finality {
  readonly #options: FinalityOptions;
  readonly #pending = new Map<number, Pending>();

  constructor(options: FinalityOptions) {
    this.#options = options;
  }

  /** This node's cosignature: the block's time, so the same bytes whenever asked (C2SP tlog-cosignature). */
  cosign(committed: Committed): NoteSignature {
    return cosignCheckpoint(this.#body(committed), this.#options.cosignerKey, committed.time);
  }

  cosigned(committed: Committed, cosignatures: readonly NoteSignature[]): void {
    const pending = this.#pendingOf(committed);
    for (const cosignature of cosignatures) {
      for (const { name, key } of this.#options.policy.witnesses) {
        if (pending.cosignatures.has(name) || verifyCosignature(pending.body, cosignature, key) === null) continue;
        pending.cosignatures.set(name, cosignature);
      }
    }
    if (!quorumMet(this.#options.policy, new Set(pending.cosignatures.keys()))) return;
    for (const size of this.#pending.keys()) if (size <= committed.size) this.#pending.delete(size);
    this.#options.onFinal({ size: committed.size, root: committed.root, note: this.#note(pending) });
  }

  /** The final note of a block whose policy this node meets alone; null when it takes others. */
  noteOf(committed: Committed): string | null {
    const { policy, cosignerKey } = this.#options;
    const own = this.cosign(committed);
    const body = this.#body(committed);
    const names = policy.witnesses.filter(({ key }) => key.name === cosignerKey.name).map(({ name }) => name);
    if (!quorumMet(policy, new Set(names))) return null;
    const note = this.#note({ body, committed, cosignatures: new Map([[cosignerKey.name, own]]) });
    checkCheckpoint(note, policy);
    return note;
  }

  #pendingOf(committed: Committed): Pending {
    const known = this.#pending.get(committed.size);
    if (known !== undefined) return known;
    const pending: Pending = { body: this.#body(committed), committed, cosignatures: new Map() };
    this.#pending.set(committed.size, pending);
    if (this.#pending.size > MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value as number);
    return pending;
  }

  #body({ size, root }: Committed): string {
    return formatCheckpoint({ origin: this.#options.origin, size, root });
  }

  #note({ body, cosignatures }: Pending): string {
    const own = logSigner(this.#options.logKey)(body);
    return formatNote({ body, signatures: [own, ...cosignatures.values()] });
  }
}
