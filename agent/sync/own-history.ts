// The agent's own history while it runs: the root over its leaf hashes, which every next entry carries, and the next seq.
// The vault holds the leaves; this holds the frontier, so that signing the millionth entry costs what the first one did.
import { Frontier, type Hash } from '@vitalseal/ledger';
import type { Vault } from '../vault/vault.ts';

const HASH_BYTES = 32;

/** 32·n bytes as n hashes (views, not copies). */
export function splitLeaves(leaves: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < leaves.length; at += HASH_BYTES) hashes.push(leaves.subarray(at, at + HASH_BYTES));
  return hashes;
}

export class OwnHistory {
  readonly #vault: Pick<Vault, 'ownLeaves'>;
  #frontier: Frontier | null = null;

  constructor(vault: Pick<Vault, 'ownLeaves'>) {
    this.#vault = vault;
  }

  /** After anything but `append` changed what is signed: read again before the next use. */
  forget(): void {
    this.#frontier = null;
  }

  /** The next seq, and the root over all before it. */
  async head(): Promise<{ seq: number; history: Hash }> {
    const frontier = await this.#current();
    return { seq: frontier.size, history: frontier.root() };
  }

  /** Call only once the leaf is durable, or call `forget` when it turns out not to be. */
  async append(leaf: Hash): Promise<void> {
    (await this.#current()).append(leaf);
  }

  async #current(): Promise<Frontier> {
    if (this.#frontier === null) {
      const frontier = new Frontier();
      for (const leaf of splitLeaves((await this.#vault.ownLeaves()).leaves)) frontier.append(leaf.slice());
      this.#frontier = frontier;
    }
    return this.#frontier;
  }
}
