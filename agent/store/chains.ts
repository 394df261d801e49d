// The key chains in memory: each key is the hash of the one before, and the slots hold the oldest one that is still
// needed. Forgetting a key here and saving the slots is what makes a consumed segment unreadable for ever.

import { chainNext, equalBytes, hkdfSha256, randomBytes, utf8, VitalsealError } from '@vitalseal/ledger';
import type { ChainPosition, ChainPositions, Slots } from './slots.ts';

const NO_SALT = new Uint8Array(0);
const USE = utf8('vitalseal/inbox/v1');

/** One chain from its oldest needed step on. Steps in between are derived once and kept. */
class Chain {
  readonly id: Uint8Array;
  #oldest: number;
  readonly #keys: Uint8Array[] = [];

  constructor(position: ChainPosition) {
    this.id = position.id;
    this.#oldest = position.step;
    this.#keys.push(position.key.slice());
  }

  position(): ChainPosition {
    return { id: this.id, step: this.#oldest, key: this.#keys[0] as Uint8Array };
  }

  key(step: number): Uint8Array {
    if (step < this.#oldest) throw new VitalsealError('store_damaged', 'the key of this step is gone');
    while (this.#keys.length <= step - this.#oldest) this.#keys.push(chainNext(this.#keys.at(-1) as Uint8Array));
    return this.#keys[step - this.#oldest] as Uint8Array;
  }

  forget(before: number): boolean {
    if (before <= this.#oldest) return false;
    this.key(before);
    for (const key of this.#keys.splice(0, before - this.#oldest)) key.fill(0);
    this.#oldest = before;
    return true;
  }
}

export interface Chains {
  /** The chain of this name and draw, or null: never made, or another one (a restored database). */
  position(name: string, id: Uint8Array): { readonly step: number } | null;
  /** The chain key itself, for chains whose reader derives from it (epochs). Throws `store_damaged` when it is gone. */
  chainKey(name: string, step: number): Uint8Array;
  /** A key for one use, derived from the chain key at this step. Throws `store_damaged` when it is gone. */
  useKey(name: string, step: number): Uint8Array;
  /** A new chain from a drawn key; replaces one of the same name. Durable only after `save`. */
  begin(name: string, position: ChainPosition): void;
  /** A new chain of its own randomness at step 0; returns its id. Durable only after `save`. */
  draw(name: string): Uint8Array;
  /** Drops the keys of all steps before this one; they are beyond recovery after `save`. */
  forget(name: string, before: number): void;
  end(name: string): void;
  names(): Iterable<string>;
  /** Writes both slots when anything changed. Throws `disk_full`; the change then waits for the next save. */
  save(): void;
}

export function openChains(slots: Slots, positions: ChainPositions): Chains {
  const chains = new Map<string, Chain>();
  for (const [name, position] of positions) chains.set(name, new Chain(position));
  let changed = false;
  const need = (name: string): Chain => {
    const chain = chains.get(name);
    if (chain === undefined) throw new VitalsealError('store_damaged', 'the key chain is gone');
    return chain;
  };
  return {
    position(name, id) {
      const chain = chains.get(name);
      return chain !== undefined && equalBytes(chain.id, id) ? { step: chain.position().step } : null;
    },
    chainKey: (name, step) => need(name).key(step),
    useKey: (name, step) => hkdfSha256(need(name).key(step), NO_SALT, USE, 32),
    begin(name, position) {
      chains.set(name, new Chain(position));
      changed = true;
    },
    draw(name) {
      const id = randomBytes(16);
      chains.set(name, new Chain({ id, step: 0, key: randomBytes(32) }));
      changed = true;
      return id;
    },
    forget(name, before) {
      changed = (chains.get(name)?.forget(before) ?? false) || changed;
    },
    end(name) {
      changed = chains.delete(name) || changed;
    },
    names: () => chains.keys(),
    save() {
      if (!changed) return;
      slots.write(new Map([...chains].map(([name, chain]) => [name, chain.position()])));
      changed = false;
    },
  };
}
