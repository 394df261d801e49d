// Performs what the sync machine asks for: the only place of sync with timers, network and vault. One effect of the cycle
// runs at a time; uploads and the proof run beside it. Commit point C3 (signed bytes) and C6 (proven) pass through here.
import {
  type Address,
  checkCheckpoint,
  type Entry,
  equalBytes,
  type FacilityClient,
  fromHex,
  isVitalsealError,
  leafHash,
  type Policy,
  type RequestAuth,
  type SigningKey,
  signEntry,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { OutboxItem, Vault } from '../vault/vault.ts';
import {
  EMPTY_TREE,
  encodeProven,
  heldCheckpoint,
  KEPT_ENTRIES,
  keepEvidence,
  META,
  metaOfCheckpoint,
  seenCheckpoint,
  type TreeHead,
} from './held.ts';
import { step } from './machine.ts';
import { OwnHistory } from './own-history.ts';
import { ForkedLog, prove } from './prover.ts';
import { takeStanding } from './standing.ts';
import { INITIAL, type ItemAnswer, type SyncEffect, type SyncInput, type SyncItem, type SyncState } from './state.ts';

export interface SyncPorts {
  readonly vault: Vault;
  readonly client: FacilityClient;
  readonly origin: string;
  readonly address: Address;
  readonly key: SigningKey;
  readonly policy: Policy;
  /** Whether this key signs for the facility. Throws when it cannot be found out now. */
  readonly isFacilityKey: (kid: Uint8Array) => Promise<boolean>;
  /** True when the facility accepts a connection; quick and cheap. */
  readonly probe: () => Promise<boolean>;
  readonly nowSeconds: () => number;
  readonly random: () => number;
  /** Calls back once, after `ms`; the answer undoes it. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** Hears codes and counts only. */
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** More than are sent at once, so that alarms that wait for their beat do not hide what is due. */
const LOADED = 512;

export class SyncDriver {
  readonly #ports: SyncPorts;
  readonly #auth: RequestAuth;
  readonly #own: OwnHistory;
  #state: SyncState = INITIAL;
  #items = new Map<number, OutboxItem>();
  #entries = new Map<number, Uint8Array>();
  #ledgerNext = 0;
  #held: TreeHead = EMPTY_TREE;
  #tail: Promise<void> = Promise.resolve();
  #undo: { rest?: () => void; 'rest-proof'?: () => void } = {};
  readonly #watchers = new Set<() => void>();

  constructor(ports: SyncPorts) {
    this.#ports = ports;
    this.#auth = { key: ports.key, now: ports.nowSeconds };
    this.#own = new OwnHistory(ports.vault);
  }

  get state(): SyncState {
    return this.#state;
  }

  /** The newest verified checkpoint. */
  get held(): TreeHead {
    return this.#held;
  }

  async start(): Promise<void> {
    this.#held = await heldCheckpoint(this.#ports.vault);
    this.#ports.vault.onSealed(() => this.#hear({ kind: 'sealed' }));
    this.#hear({ kind: 'start' });
  }

  /** Takes no new step; resolves when the vault is no longer used. What was under way is found again at the next start. */
  async stop(): Promise<void> {
    this.#hear({ kind: 'stop' });
    for (const undo of Object.values(this.#undo)) undo?.();
    await this.#tail;
  }

  /** Calls back after every step, until undone. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #hear(input: SyncInput): void {
    const before = this.#state;
    const { state, effects } = step(before, input, this.#ports.random());
    this.#state = state;
    if (state.problem !== before.problem && state.problem !== null)
      this.#ports.log('sync waits', { code: state.problem });
    if (state.problem === null && before.problem !== null) this.#ports.log('sync goes on', {});
    for (const effect of effects) this.#perform(effect);
    for (const watcher of this.#watchers) watcher();
  }

  #perform(effect: SyncEffect): void {
    switch (effect.kind) {
      case 'rest':
      case 'rest-proof': {
        const kind = effect.kind === 'rest' ? 'woken' : 'proof-woken';
        this.#undo[effect.kind]?.();
        this.#undo[effect.kind] = this.#ports.after(effect.ms, () => this.#hear({ kind }));
        return;
      }
      case 'upload':
        return this.#run(this.#upload(effect.key), (code) => ({ kind: 'upload-failed', key: effect.key, code }));
      case 'prove':
        return this.#run(this.#prove(effect.seq, effect.index), (code) => ({ kind: 'proof-failed', code }));
      case 'probe':
        return this.#run(
          this.#ports.probe().then((reachable) => ({ kind: 'probed', reachable })),
          () => ({ kind: 'probed', reachable: false }),
        );
      case 'check':
        return this.#inTurn(() => this.#check());
      case 'load':
        return this.#inTurn(() => this.#load());
      case 'sign':
        return this.#inTurn(() => this.#sign(effect.ids));
      case 'submit':
        return this.#run(this.#submit(effect.ids), (code) => ({ kind: 'failed', code }));
      case 'record':
        return this.#inTurn(() => this.#record(effect));
    }
  }

  /** What changes the vault's outbox goes one after the other. */
  #inTurn(work: () => Promise<SyncInput>): void {
    const turn = this.#tail.then(() => (this.#state.phase === 'stopped' ? null : work()));
    this.#tail = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#run(turn, (code) => ({ kind: 'failed', code }));
  }

  #run(work: Promise<SyncInput | null>, failure: (code: VitalsealError['code']) => SyncInput): void {
    work.then(
      (input) => input !== null && this.#hear(input),
      (error: unknown) => {
        if (this.#state.phase === 'stopped') return;
        if (!isVitalsealError(error)) this.#ports.log('sync fault', { name: (error as Error)?.name });
        this.#own.forget();
        this.#hear(failure(isVitalsealError(error) ? error.code : 'internal'));
      },
    );
  }

  async #check(): Promise<SyncInput> {
    const { vault, client, origin, address } = this.#ports;
    const standing = await takeStanding({ vault, client, origin, address });
    this.#own.forget();
    if (standing.kind === 'forked') {
      await vault.setMeta({ [META.forked]: standing.entry });
      return { kind: 'forked' };
    }
    this.#ledgerNext = standing.next;
    return { kind: 'checked', unproven: standing.unproven };
  }

  async #load(): Promise<SyncInput> {
    const waiting = (await this.#ports.vault.pending(LOADED)).filter((item) => this.#isWaiting(item));
    this.#items = new Map(waiting.map((item) => [item.id, item]));
    return { kind: 'loaded', items: waiting.map(syncItem) };
  }

  /** An accepted item waits again when the ledger, asked anew, does not have it (any more). */
  #isWaiting({ state, seq }: OutboxItem): boolean {
    return (
      state === 'unsigned' || state === 'signed' || (state === 'accepted' && seq !== null && seq >= this.#ledgerNext)
    );
  }

  async #upload(key: string): Promise<SyncInput> {
    const { vault, client } = this.#ports;
    const [kind, name] = key.split(':') as [string, string];
    const hash = fromHex(name);
    const bytes = kind === 'blob' ? await vault.blob(hash) : await vault.envelopes(hash);
    if (bytes === null) throw new VitalsealError('blob_damaged', 'what was to be uploaded is not held any more');
    if (kind === 'blob') await client.putBlob(hash, bytes, this.#auth);
    else await client.putEnvelopes(hash, bytes, this.#auth);
    return { kind: 'uploaded', key };
  }

  async #sign(ids: readonly number[]): Promise<SyncInput> {
    const { vault, origin, address, key } = this.#ports;
    const { size, root } = await seenCheckpoint(vault);
    const signed: { id: number; seq: number; entry: Uint8Array; leaf: Uint8Array }[] = [];
    for (const id of ids) {
      const item = this.#items.get(id);
      if (item === undefined) throw new VitalsealError('internal', 'an item that was not loaded');
      const { seq, history } = await this.#own.head();
      const { type, body } = item;
      const entry = signEntry(
        { origin, signer: address, seq, history, seen: { size, root }, type, body } as Entry,
        key,
      );
      const leaf = leafHash(entry);
      await this.#own.append(leaf);
      signed.push({ id, seq, entry, leaf });
    }
    // COMMIT POINT C3: from here on these bytes may be sent, and are sent again as they are.
    await vault.commitSigned(signed);
    for (const { seq, entry } of signed) this.#entries.set(seq, entry);
    for (const { id, seq, entry, leaf } of signed) {
      this.#items.set(id, { ...(this.#items.get(id) as OutboxItem), state: 'signed', seq, entry, leaf });
    }
    return { kind: 'signed', seqs: signed.map(({ id, seq }) => ({ id, seq })) };
  }

  async #submit(ids: readonly number[]): Promise<SyncInput> {
    const sent = await Promise.all(
      ids.map(async (id) => {
        const item = this.#items.get(id) as OutboxItem;
        const seq = item.seq as number;
        const entry = item.entry ?? (await this.#entryOf(seq, item.leaf));
        this.#entries.set(seq, entry);
        return { id, entry };
      }),
    );
    const answers = await this.#ports.client.submit(sent.map(({ entry }) => entry));
    for (const { kid } of answers) {
      if (!(await this.#ports.isFacilityKey(kid)))
        throw new VitalsealError('receipt_invalid', 'an answer by another key');
    }
    return {
      kind: 'answered',
      answers: answers.map((answer, i) => ({ id: (sent[i] as { id: number }).id, answer: itemAnswer(answer) })),
    };
  }

  async #record(effect: Extract<SyncEffect, { kind: 'record' }>): Promise<SyncInput> {
    const { vault, log } = this.#ports;
    if (effect.accepted.length > 0) {
      await vault.accepted(effect.accepted.map(({ id, index }) => ({ id, index })));
      this.#ledgerNext = Math.max(this.#ledgerNext, (effect.accepted.at(-1)?.seq ?? 0) + 1);
    }
    if (effect.refused.length > 0) {
      await vault.refused(effect.refused.map(({ id, code }) => ({ id, code, permanent: true })));
      log('records refused', { count: effect.refused.length, code: effect.refused[0]?.code });
    }
    if (effect.unsignFrom !== null) await vault.unsignFrom(effect.unsignFrom);
    if (effect.refused.length > 0 || effect.unsignFrom !== null) this.#own.forget();
    return { kind: 'recorded' };
  }

  async #prove(seq: number, index: number): Promise<SyncInput> {
    const { vault, client, origin, policy, log } = this.#ports;
    const entry = this.#entries.get(seq) ?? (await this.#entryOf(seq, null, index));
    try {
      const { checkpoint, proven } = await prove(client, { origin, policy, held: this.#held, seq, index, entry });
      const meta = metaOfCheckpoint(proven.note, checkpoint, await this.#seenSince());
      // COMMIT POINT C6: after this, payloads are gone and 32 bytes an entry remain.
      const kept = this.#keptEntries(seq);
      await vault.proven({
        throughSeq: seq,
        indexes: [{ seq, index }],
        meta: { ...meta, ...kept, [META.newest]: encodeProven(proven) },
      });
      this.#held = { size: checkpoint.size, root: checkpoint.root, note: proven.note };
      return { kind: 'proved', seq };
    } catch (error) {
      if (error instanceof ForkedLog && this.#held.note !== null) {
        await keepEvidence(vault, { held: this.#held.note, shown: error.shown });
        log('the log showed a fork', { code: error.code });
      }
      throw error;
    }
  }

  /** The last own entries' bytes stay, so that an older one can be proven offline; the one that falls out goes. */
  #keptEntries(throughSeq: number): Record<string, Uint8Array | null> {
    const kept: Record<string, Uint8Array | null> = {};
    for (const [seq, entry] of this.#entries) {
      if (seq > throughSeq) continue;
      if (seq > throughSeq - KEPT_ENTRIES) kept[META.entry(seq)] = entry;
      if (seq >= KEPT_ENTRIES) kept[META.entry(seq - KEPT_ENTRIES)] ??= null;
      this.#entries.delete(seq);
    }
    return kept;
  }

  async #seenSince(): Promise<number | null> {
    const { note } = await seenCheckpoint(this.#ports.vault);
    if (note === null) return null;
    return checkCheckpoint(note, this.#ports.policy).cosignedAt?.latest ?? null;
  }

  /** Bytes of an own entry: a variant of this life, or the ledger's, when it has the very leaf. */
  async #entryOf(seq: number, leaf: Uint8Array | null, index?: number): Promise<Uint8Array> {
    const { vault, client } = this.#ports;
    const expected = leaf ?? (await this.#leafOf(seq));
    for (const variant of await vault.signedVariants(seq)) {
      if (variant.entry !== null && equalBytes(variant.leaf, expected)) return variant.entry;
    }
    if (index === undefined) throw new VitalsealError('entry_needed');
    const bytes = await client.entry(index);
    if (!equalBytes(leafHash(bytes), expected))
      throw new VitalsealError('answer_invalid', 'another entry than asked for');
    return bytes;
  }

  async #leafOf(seq: number): Promise<Uint8Array> {
    const { leaves } = await this.#ports.vault.ownLeaves();
    if (leaves.length < 32 * (seq + 1)) throw new VitalsealError('own_history_gap');
    return leaves.slice(32 * seq, 32 * (seq + 1));
  }
}

function syncItem(item: OutboxItem): SyncItem {
  const { id, seq, type, blobHash, epoch, entryDue } = item;
  const set = epoch === null ? null : `epoch:${toHex(epoch)}`;
  if (type === 'epoch.open') return { id, seq, due: entryDue, upload: set, needs: null };
  return { id, seq, due: entryDue, upload: blobHash === null ? null : `blob:${toHex(blobHash)}`, needs: set };
}

function itemAnswer(
  answer: { kind: 'receipt'; index: number } | { kind: 'refusal'; code: VitalsealError['code']; retry: boolean },
): ItemAnswer {
  return answer.kind === 'receipt'
    ? { kind: 'receipt', index: answer.index }
    : { kind: 'refusal', code: answer.code, retry: answer.retry };
}
