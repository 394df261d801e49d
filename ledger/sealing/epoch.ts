// The key chain of an epoch. The gateway keeps one key that only goes forward: whoever takes it later learns what is
// sealed from then on, not what was sealed before. The readers hold the secret, and reach any key of the chain.
import { hkdfSha256, sha256 } from '../crypto.ts';
import { concat, utf8 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import type { Hash } from '../tree/hash.ts';

export const EPOCH_SECRET_BYTES = 32;
/** An epoch has fewer records than this: a day of one each 100 ms. It bounds what a hostile index costs a reader. */
export const CHAIN_LIMIT = 1_000_000;

const ID = utf8('vitalseal/epoch/v1');
const START = utf8('vitalseal/epoch/v1 start');
const NEXT = utf8('next');
const NO_SALT = new Uint8Array(0);

/** The name of an epoch: SHA-256("vitalseal/epoch/v1" ‖ secret). It commits to the secret. */
export function epochId(secret: Uint8Array): Hash {
  checkKey(secret);
  return sha256(concat(ID, secret));
}

/** K₀, the key of an epoch's record 0. */
export function chainStart(secret: Uint8Array): Uint8Array {
  checkKey(secret);
  return hkdfSha256(secret, NO_SALT, START, 32);
}

/** Kᵢ₊₁ of Kᵢ. There is no way back. */
export function chainNext(key: Uint8Array): Uint8Array {
  checkKey(key);
  return hkdfSha256(key, NO_SALT, NEXT, 32);
}

/** Kᵢ of an epoch's secret, by i steps of about 10 µs. Throws `entry_invalid` when no record can have that index. */
export function chainAt(secret: Uint8Array, index: number): Uint8Array {
  return new EpochChain(secret).keyAt(index);
}

const MARK_EVERY = 1024;

/** The keys of one epoch for a reader of many records: what was walked once is not walked again, whatever the order. */
export class EpochChain {
  /** K₀, K₁₀₂₄, K₂₀₄₈ … as far as was walked. */
  readonly #marks: Uint8Array[];

  constructor(secret: Uint8Array) {
    this.#marks = [chainStart(secret)];
  }

  /** Kᵢ. Throws `entry_invalid` when no record can have that index. */
  keyAt(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < 0 || index >= CHAIN_LIMIT) {
      throw new VitalsealError('entry_invalid', 'no record of an epoch has that index');
    }
    const mark = Math.min(Math.floor(index / MARK_EVERY), this.#marks.length - 1);
    let key = this.#marks[mark] as Uint8Array;
    for (let i = mark * MARK_EVERY + 1; i <= index; i++) {
      key = chainNext(key);
      if (i === this.#marks.length * MARK_EVERY) this.#marks.push(key);
    }
    return key;
  }
}

function checkKey(key: Uint8Array): void {
  if (key.length !== EPOCH_SECRET_BYTES) throw new TypeError('a key of an epoch has 32 bytes');
}
