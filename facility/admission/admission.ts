// What happens to entries before they are ordered, the cheap things first: bounds, quotas, structure, is it known, is
// what it names stored here, and last the signature. It is a pre-check: only `apply`, in ledger order,
// decides. An entry that fails here is refused; the others go on, and a refused one's followers meet `seq_gap` there.
import {
  type DecodedEntry,
  decodeEntry,
  type ErrorCode,
  equalBytes,
  type Hash,
  leafHash,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { Blobs } from '../blobs/blobs.ts';
import type { Envelopes } from '../blobs/envelopes.ts';
import type { Candidate, Engine, EntryResult } from '../engine/engine.ts';
import type { FacilityLimits } from '../limits.ts';
import type { Metrics } from '../metrics.ts';
import { isVerdict } from '../state/verdict.ts';
import type { LedgerState } from '../state/view.ts';
import type { Answers } from './answers.ts';
import { Quota } from './quota.ts';
import type { SignatureChecker } from './signatures.ts';

export interface AdmissionParts {
  readonly state: LedgerState;
  /** What is stored at this facility, beside the ledger. */
  readonly blobs: Pick<Blobs, 'has'>;
  readonly envelopes: Pick<Envelopes, 'commitment'>;
  readonly engine: Engine;
  readonly answers: Answers;
  readonly signatures: SignatureChecker;
  readonly metrics: Metrics;
  readonly limits: FacilityLimits;
  /** Monotonic ms. */
  readonly clock: () => number;
}

/** An entry that needs no block: refused here, or a leaf already. */
type Settled = Exclude<EntryResult, { status: 'accepted' }>;

/** Decoded and possible; its signature is still to be verified. */
type Looked = Candidate & { readonly opened: DecodedEntry };

const isLooked = (one: Looked | Settled): one is Looked => 'bytes' in one;

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #perAddress: Quota;
  readonly #perKey: Quota;
  readonly #newcomers: Quota;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { limits, clock } = parts;
    const quota = (perSecond: number) => new Quota({ perSecond, burst: 2 * perSecond, clock });
    this.#perAddress = quota(limits.entriesPerSecondPerAddress);
    this.#perKey = quota(limits.entriesPerSecondPerKey);
    this.#newcomers = quota(limits.newcomersPerSecondPerAddress);
  }

  /**
   * Signed answers to `entries`, in their order, once all of them are decided and durable. `from` is the client's
   * network address. Rejects as a whole with `request_invalid`, `request_too_large`, `quota_exceeded`, or what the
   * engine rejects with; the client then sends the same again.
   */
  async submit(from: string, entries: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const { limits, answers, metrics } = this.#parts;
    if (entries.length === 0) throw new VitalsealError('request_invalid', 'there are no entries');
    if (entries.length > limits.entriesPerRequest) throw new VitalsealError('request_too_large', 'too many entries');
    if (!this.#perAddress.take(from, entries.length)) throw new VitalsealError('quota_exceeded');

    const looked = entries.map((bytes) => this.#look(from, bytes));
    const decided = await this.#decide(looked);
    return decided.map((result) => {
      if (result.status === 'refused') metrics.countRefused(result.code);
      else metrics.count(result.status === 'accepted' ? 'entries_accepted' : 'entries_duplicate');
      return answers.of(result);
    });
  }

  /** Verifies the signatures of those that need a block, and orders them. */
  async #decide(looked: readonly (Looked | Settled)[]): Promise<EntryResult[]> {
    const { signatures, engine } = this.#parts;
    const open = looked.filter(isLooked);
    if (open.length === 0) return looked as Settled[];
    const signed = await signatures.check(open.map(({ opened }) => opened));
    const candidates = open.filter((_, i) => signed[i] === true);
    const results = candidates.length > 0 ? await engine.submit(candidates) : [];
    let nextOpen = 0;
    let nextResult = 0;
    return looked.map((one): EntryResult => {
      if (!isLooked(one)) return one;
      return signed[nextOpen++] === true
        ? (results[nextResult++] as EntryResult)
        : { status: 'refused', leaf: one.opened.leaf, code: 'signature_invalid' };
    });
  }

  #look(from: string, bytes: Uint8Array): Looked | Settled {
    let leaf: Hash | null = null;
    try {
      const opened = decodeEntry(bytes);
      leaf = opened.leaf;
      const known = this.#known(opened);
      if (known !== null) return { status: 'duplicate', leaf, index: known };
      // By key and address, so that nobody can use up another's quota by naming its key.
      if (!this.#perKey.take(`${from} ${toHex(opened.kid)}`)) throw new VitalsealError('quota_exceeded');
      this.#mustBePossible(from, opened);
      this.#mustBeStored(opened);
      return { bytes, opened };
    } catch (error) {
      if (!isVerdict(error)) throw error;
      return { status: 'refused', leaf: leaf ?? leafHash(bytes), code: error.code as ErrorCode };
    }
  }

  /** The index of an equal entry that is committed: nothing about it has to be checked again. */
  #known({ entry, leaf }: DecodedEntry): number | null {
    if (entry.seq >= (this.#parts.state.signer(entry.signer)?.seq ?? 0)) return null;
    const place = this.#parts.state.entryAt(entry.signer, entry.seq);
    return place !== null && equalBytes(place.leaf, leaf) ? place.index : null;
  }

  /** Refuses what cannot become valid by waiting, before a signature is verified for it. */
  #mustBePossible(from: string, { entry, kid }: DecodedEntry): void {
    const { state } = this.#parts;
    if (entry.origin !== state.origin) throw new VitalsealError('origin_mismatch');
    if (entry.type === 'user.register') {
      if (!this.#newcomers.take(from)) throw new VitalsealError('quota_exceeded');
      return;
    }
    // Any key that is or was somebody's: whether it may sign for this signer is for the rules to say.
    if (state.user(entry.signer) === null || !state.keyTaken(kid)) throw new VitalsealError('signer_unknown');
  }

  #mustBeStored({ entry }: DecodedEntry): void {
    const { blobs, envelopes } = this.#parts;
    if (entry.type === 'epoch.open') {
      const held = envelopes.commitment(entry.signer, entry.body.epoch);
      if (held === null) throw new VitalsealError('envelopes_missing');
      if (!equalBytes(held.root, entry.body.envelopeRoot) || held.count !== entry.body.envelopeCount) {
        throw new VitalsealError('envelope_invalid', 'the stored envelopes are not those that the epoch commits to');
      }
    } else if (entry.type === 'record.register') {
      if (envelopes.commitment(entry.signer, entry.body.epoch) === null) throw new VitalsealError('envelopes_missing');
      if (!blobs.has(entry.body.blobHash)) throw new VitalsealError('blob_missing');
    }
  }
}
