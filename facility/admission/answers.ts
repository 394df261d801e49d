// The facility's word on an entry: a receipt once it is committed, a refusal with its code; either can be shown to
// others later. Signed by its user key, never by the log's or the cosigner's.
import { type ErrorCode, type Hash, isRetryable, type SigningKey, signReceipt, signRefusal } from '@vitalseal/ledger';
import type { EntryResult } from '../engine/engine.ts';

export class Answers {
  readonly #origin: string;
  readonly #key: SigningKey;
  readonly #now: () => number;

  constructor(origin: string, key: SigningKey, now: () => number) {
    this.#origin = origin;
    this.#key = key;
    this.#now = now;
  }

  receipt(leaf: Hash, index: number): Uint8Array {
    return signReceipt({ origin: this.#origin, leaf, index, time: this.#now() }, this.#key);
  }

  refusal(leaf: Hash, code: ErrorCode): Uint8Array {
    const refusal = { origin: this.#origin, leaf, code, retry: isRetryable(code), time: this.#now() };
    return signRefusal(refusal, this.#key);
  }

  of(result: EntryResult): Uint8Array {
    return result.status === 'refused'
      ? this.refusal(result.leaf, result.code)
      : this.receipt(result.leaf, result.index);
  }
}
