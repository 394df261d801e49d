// A ledger in memory for tests of the rules: answers the view and carries out the effects, as a store would.

import type { Hash } from '../../crypto.ts';
import { toHex } from '../../encoding/bytes.ts';
import { Frontier } from '../../tree/frontier.ts';
import { signEntry } from '../codec.ts';
import type { EntryBodies, EntryType } from '../entry.ts';
import { entryOf, ORIGIN, type Person } from '../people.testing.ts';
import { type Checked, checkEntry } from './check.ts';
import type { Effect, EpochState, LedgerView, SignerState, UserState } from './view.ts';

export class MemoryLedger implements LedgerView {
  readonly origin: string = ORIGIN;
  readonly leaves: Hash[] = [];
  readonly #tree = new Frontier();
  readonly #roots: Hash[] = [this.#tree.root()];
  readonly #users = new Map<string, UserState>();
  readonly #signers = new Map<string, SignerState>();
  readonly #entries = new Map<string, { leaf: Hash; index: number }>();
  readonly #keys = new Set<string>();
  readonly #delegations = new Set<string>();
  readonly #epochs = new Map<string, EpochState>();
  readonly #records = new Map<string, { owner: Uint8Array; versions: Map<string, number> }>();

  size = () => this.leaves.length;
  rootAt = (size: number) => this.#roots[size] ?? null;
  user = (address: Uint8Array) => this.#users.get(toHex(address)) ?? null;
  signer = (address: Uint8Array) => this.#signers.get(toHex(address)) ?? null;
  entryAt = (signer: Uint8Array, seq: number) => this.#entries.get(`${toHex(signer)} ${seq}`) ?? null;
  keyTaken = (key: Uint8Array) => this.#keys.has(toHex(key));
  delegation = (owner: Uint8Array, gateway: Uint8Array) => this.#delegations.has(`${toHex(owner)} ${toHex(gateway)}`);
  epoch = (epoch: Hash) => this.#epochs.get(toHex(epoch)) ?? null;
  record = (id: Uint8Array) => this.#records.get(toHex(id)) ?? null;
  recordVersion = (id: Uint8Array, leaf: Hash) => this.#records.get(toHex(id))?.versions.get(toHex(leaf)) ?? null;

  /** Signs the next entry of `who` and judges it; a valid one is applied. `key` when it is not who's first one. */
  apply<T extends EntryType>(
    type: T,
    who: Person,
    body: EntryBodies[T],
    key = who.key,
  ): Checked & { bytes: Uint8Array } {
    const bytes = this.sign(type, who, body, key);
    return { ...this.applyBytes(bytes), bytes };
  }

  sign<T extends EntryType>(type: T, who: Person, body: EntryBodies[T], key = who.key): Uint8Array {
    const state = this.signer(who.address);
    const own = state === null ? new Frontier() : Frontier.from(state.frontier);
    const seen = { size: this.size(), root: this.rootAt(this.size()) as Hash };
    return signEntry(entryOf(type, who, body, { seq: own.size, history: own.root(), seen }), key);
  }

  applyBytes(bytes: Uint8Array): Checked {
    const checked = checkEntry(this, bytes);
    if (checked.duplicate !== null) return checked;
    for (const effect of checked.effects) this.#carryOut(effect);
    this.leaves.push(checked.decoded.leaf);
    this.#tree.append(checked.decoded.leaf);
    this.#roots.push(this.#tree.root());
    return checked;
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'put-user':
        this.#users.set(toHex(effect.user.address), effect.user);
        break;
      case 'put-key':
        this.#keys.add(toHex(effect.key));
        break;
      case 'put-signer':
        this.#signers.set(toHex(effect.address), effect.signer);
        this.#entries.set(`${toHex(effect.address)} ${effect.seq}`, { leaf: effect.leaf, index: effect.index });
        break;
      case 'put-delegation':
        this.#delegations.add(`${toHex(effect.owner)} ${toHex(effect.gateway)}`);
        break;
      case 'end-delegation':
        this.#delegations.delete(`${toHex(effect.owner)} ${toHex(effect.gateway)}`);
        break;
      case 'put-epoch':
        this.#epochs.set(toHex(effect.epoch), effect.state);
        break;
      case 'put-record': {
        const id = toHex(effect.recordId);
        const record = this.#records.get(id) ?? { owner: effect.owner, versions: new Map() };
        record.versions.set(toHex(effect.leaf), effect.version);
        this.#records.set(id, record);
        break;
      }
    }
  }
}
