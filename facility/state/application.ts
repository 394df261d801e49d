// The ledger behind the engine port: decides a block's entries by the rules, commits the block in one transaction, and
// cosigns what is committed.
import {
  checkDecodedEntry,
  type DecodedEntry,
  decodeEntry,
  type ErrorCode,
  leafHash,
  type NoteSignature,
} from '@vitalseal/ledger';
import type { Application, Candidate, Committed, EntryResult } from '../engine/engine.ts';
import type { Finality } from '../log/finality.ts';
import type { LedgerStore } from './store.ts';
import { isVerdict } from './verdict.ts';
import type { LedgerState, StateDraft } from './view.ts';

interface Pending {
  readonly committed: Committed;
  readonly draft: StateDraft;
}

export class LedgerApplication implements Application {
  readonly #store: LedgerStore;
  readonly #state: LedgerState;
  readonly #finality: Finality;
  #pending: Pending | null = null;

  constructor(store: LedgerStore, state: LedgerState, finality: Finality) {
    this.#store = store;
    this.#state = state;
    this.#finality = finality;
  }

  info(): Committed {
    const head = this.#store.head();
    // Also after a commit that threw: if the block is there, memory must follow.
    if (this.#pending !== null && head.height >= this.#pending.committed.height) {
      this.#state.adopt(this.#pending.draft);
      this.#pending = null;
    }
    return head;
  }

  apply(height: number, time: number, candidates: readonly Candidate[]): readonly EntryResult[] {
    const draft = this.#state.draft();
    const results = candidates.map((candidate) => decide(draft, candidate));
    const { frontier } = draft.tree;
    this.#pending = { draft, committed: { height, time, size: frontier.size, root: frontier.root() } };
    return results;
  }

  commit(height: number): Committed {
    const pending = this.#pending;
    if (pending === null || pending.committed.height !== height) {
      throw new Error(`commit of height ${height}, which was not applied`);
    }
    const { committed, draft } = pending;
    this.#store.commit({ committed, entries: draft.entries, tiles: draft.tree.changed(), rows: draft.rows() });
    return this.info();
  }

  cosign(committed: Committed): NoteSignature {
    return this.#finality.cosign(committed);
  }

  cosigned(committed: Committed, cosignatures: readonly NoteSignature[]): void {
    this.#finality.cosigned(committed, cosignatures);
  }
}

function decide(draft: StateDraft, { bytes, opened }: Candidate): EntryResult {
  let decoded: DecodedEntry;
  try {
    decoded = opened ?? decodeEntry(bytes);
    const checked = checkDecodedEntry(draft, decoded, { signatureChecked: opened !== null });
    if (checked.duplicate !== null) {
      return { status: 'duplicate', leaf: decoded.leaf, index: checked.duplicate.index };
    }
    draft.add(decoded, checked.index, checked.effects);
    return { status: 'accepted', leaf: decoded.leaf, index: checked.index };
  } catch (error) {
    // Anything but a refusal (a store that cannot be read, say) is no verdict on the entry: the whole block fails.
    if (!isVerdict(error)) throw error;
    return { status: 'refused', leaf: opened?.leaf ?? leafHash(bytes), code: error.code as ErrorCode };
  }
}
