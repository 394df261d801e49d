// The state that the rules read: the store's rows, a cache of the few that are read again and again, and for a block in
// progress a draft over both. A draft that is thrown away leaves no trace.
import {
  type Address,
  concat,
  type DecodedEntry,
  type Effect,
  type EpochState,
  equalBytes,
  type Hash,
  type LedgerView,
  type SignerState,
  type UserState,
} from '@vitalseal/ledger';
import type { LedgerTree, TreeDraft } from '../log/tree.ts';
import { ROW_CODECS, rowsOf, type StateKind, type StateValues } from './rows.ts';
import type { About, LedgerStore, NewEntry, StateRow } from './store.ts';
import { asWritten } from './verdict.ts';

type Stored<K extends StateKind> = StateValues[K] | null;

abstract class View implements LedgerView {
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  abstract read<K extends StateKind>(kind: K, key: Uint8Array): Stored<K>;
  abstract size(): number;
  abstract rootAt(size: number): Hash | null;
  abstract entryAt(signer: Address, seq: number): { leaf: Hash; index: number } | null;

  user(address: Address): UserState | null {
    return this.read('user', address);
  }
  signer(address: Address): SignerState | null {
    return this.read('signer', address);
  }
  keyTaken(key: Uint8Array): boolean {
    return this.read('key', key) !== null;
  }
  delegation(owner: Address, gateway: Address): boolean {
    return this.read('delegation', concat(owner, gateway)) === true;
  }
  epoch(epoch: Hash): EpochState | null {
    return this.read('epoch', epoch);
  }
  record(recordId: Uint8Array): { owner: Address } | null {
    return this.read('record', recordId);
  }
  recordVersion(recordId: Uint8Array, leaf: Hash): number | null {
    const first = this.read('record', recordId)?.first;
    return first !== undefined && equalBytes(first, leaf) ? 1 : this.read('version', concat(recordId, leaf));
  }
}

/** Kinds that are read again and again; records and their versions hardly ever are. */
const CACHED: ReadonlySet<StateKind> = new Set(['user', 'signer', 'key', 'delegation', 'epoch']);
const CACHE_SIZE = 100_000;

/** The committed state. */
export class LedgerState extends View {
  readonly #store: LedgerStore;
  readonly #tree: LedgerTree;
  readonly #cache = new Map<string, unknown>();

  constructor(origin: string, store: LedgerStore, tree: LedgerTree) {
    super(origin);
    this.#store = store;
    this.#tree = tree;
  }

  read<K extends StateKind>(kind: K, key: Uint8Array): Stored<K> {
    if (!CACHED.has(kind)) return this.#load(kind, key);
    const name = nameOf(kind, key);
    const held = this.#cache.get(name) as StateValues[K] | undefined;
    if (held !== undefined) return held;
    const loaded = this.#load(kind, key);
    if (loaded !== null) this.#keep(name, loaded);
    return loaded;
  }

  size(): number {
    return this.#tree.size;
  }

  rootAt(size: number): Hash | null {
    return this.#tree.rootAt(size);
  }

  entryAt(signer: Address, seq: number): { leaf: Hash; index: number } | null {
    return this.#store.entryAt(signer, seq);
  }

  /** The user who has, or once had, this signing or recovery key. */
  holderOf(key: Uint8Array): UserState | null {
    const address = this.read('key', key);
    return address === null ? null : this.user(address);
  }

  draft(): StateDraft {
    return new StateDraft(this, this.#tree.draft());
  }

  /** Takes over what a draft holds, once its block is committed. */
  adopt(draft: StateDraft): void {
    this.#tree.adopt(draft.tree);
    for (const { kind, name, value } of draft.values()) if (CACHED.has(kind)) this.#keep(name, value);
  }

  #load<K extends StateKind>(kind: K, key: Uint8Array): Stored<K> {
    const bytes = this.#store.row(kind, key);
    return bytes === null ? null : asWritten(() => ROW_CODECS[kind].decode(bytes));
  }

  #keep(name: string, value: unknown): void {
    this.#cache.delete(name);
    if (this.#cache.size >= CACHE_SIZE) this.#cache.delete(this.#cache.keys().next().value as string);
    this.#cache.set(name, value);
  }
}

interface Changed {
  readonly kind: StateKind;
  readonly key: Uint8Array;
  readonly name: string;
  readonly value: StateValues[StateKind];
}

/** The state while a block is decided: what its earlier entries changed, over the committed state. */
export class StateDraft extends View {
  readonly tree: TreeDraft;
  readonly entries: NewEntry[] = [];
  readonly #base: LedgerState;
  readonly #changed = new Map<string, Changed>();
  readonly #places = new Map<string, { leaf: Hash; index: number }>();

  constructor(base: LedgerState, tree: TreeDraft) {
    super(base.origin);
    this.#base = base;
    this.tree = tree;
  }

  read<K extends StateKind>(kind: K, key: Uint8Array): Stored<K> {
    const changed = this.#changed.get(nameOf(kind, key));
    return changed === undefined ? this.#base.read(kind, key) : (changed.value as StateValues[K]);
  }

  size(): number {
    return this.tree.frontier.size;
  }

  /** Of committed sizes only: nobody can have seen a checkpoint inside a block. */
  rootAt(size: number): Hash | null {
    return this.#base.rootAt(size);
  }

  entryAt(signer: Address, seq: number): { leaf: Hash; index: number } | null {
    return this.#places.get(`${nameOf('signer', signer)}${seq}`) ?? this.#base.entryAt(signer, seq);
  }

  /** Carries out an entry that the rules have accepted. */
  add({ entry, leaf, bytes }: DecodedEntry, index: number, effects: readonly Effect[]): void {
    this.tree.append(leaf);
    this.entries.push({ index, bytes, leaf, signer: entry.signer, seq: entry.seq, about: aboutOf(entry) });
    this.#places.set(`${nameOf('signer', entry.signer)}${entry.seq}`, { leaf, index });
    for (const effect of effects) {
      for (const { kind, key, value } of rowsOf(effect)) {
        const name = nameOf(kind, key);
        this.#changed.set(name, { kind, key, name, value });
      }
    }
  }

  values(): Iterable<Changed> {
    return this.#changed.values();
  }

  *rows(): Generator<StateRow> {
    for (const { kind, key, value } of this.#changed.values()) {
      yield { kind, key, value: (ROW_CODECS[kind].encode as (value: unknown) => Uint8Array)(value) };
    }
  }
}

function aboutOf(entry: DecodedEntry['entry']): About[] {
  switch (entry.type) {
    case 'user.register':
      return [{ kind: 'user', address: entry.signer }];
    case 'key.rotate':
      return [{ kind: 'user', address: entry.body.subject }];
    case 'device.delegate':
    case 'device.end':
      return [{ kind: 'gateway', address: entry.body.gateway }];
    case 'epoch.open':
    case 'record.register':
      return [{ kind: 'owner', address: entry.body.owner }];
    case 'notice':
      return [];
  }
}

function nameOf(kind: StateKind, key: Uint8Array): string {
  return kind + Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
