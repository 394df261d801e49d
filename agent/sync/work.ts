// The effects of sync on vault, network and ledger, each one a promise of the machine's next input. Commit points C3
// (signed bytes) and C6 (proven) are here. The driver calls check, load, sign and record one after the other.
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
  parseCheckpoint,
  parseNote,
  type RequestAuth,
  type SigningKey,
  signEntry,
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
import { itemAnswer, syncItem } from './items.ts';
import { OwnHistory, splitLeaves } from './own-history.ts';
import { checkSuccessor, ForkedLog, prove } from './prover.ts';
import { takeStanding } from './standing.ts';
import type { SyncEffect, SyncInput } from './state.ts';

export interface WorkPorts {
  readonly vault: Vault;
  readonly client: FacilityClient;
  readonly origin: string;
  readonly address: Address;
  readonly key: SigningKey;
  readonly policy: Policy;
  /** Whether this key signs for the facility. Throws when it cannot be found out now. */
  readonly isFacilityKey: (kid: Uint8Array) => Promise<boolean>;
  readonly nowSeconds: () => number;
  /** Hears codes and counts only. */
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** More than are sent at once, so that alarms that wait for their beat do not hide what is due. */
const LOADED = 512;
const NO_LEAF = new Uint8Array(0);

export class SyncWork {
  readonly #ports: WorkPorts;
  readonly #auth: RequestAuth;
  readonly #own: OwnHistory;
  #items = new Map<number, OutboxItem>();
  #entries = new Map<number, Uint8Array>();
  #ledgerNext = 0;
  #held: TreeHead = EMPTY_TREE;

  constructor(ports: WorkPorts) {
    this.#ports = ports;
    this.#auth = { key: ports.key, now: ports.nowSeconds };
    this.#own = new OwnHistory(ports.vault);
  }

  /** The newest verified checkpoint. */
  get held(): TreeHead {
    return this.#held;
  }

  async open(): Promise<void> {
    this.#held = await heldCheckpoint(this.#ports.vault);
  }

  async check(): Promise<SyncInput> {
    const { vault, client, origin, address } = this.#ports;
    const standing = await takeStanding({ vault, client, origin, address }).catch(async (error) => {
      // A ledger that lost what it had proven is an old copy, or another face of the log: its checkpoint tells which.
      if (isVitalsealError(error, 'checkpoint_stale')) await this.#faceFork();
      throw error;
    });
    this.#own.forget();
    if (standing.kind === 'forked') {
      await vault.setMeta({ [META.forked]: standing.entry });
      return { kind: 'forked' };
    }
    this.#ledgerNext = standing.next;
    // Where an older variant was adopted, what was signed last is not what the ledger has.
    const own = splitLeaves((await vault.ownLeaves()).leaves);
    for (const [seq, entry] of this.#entries)
      if (!equalBytes(leafHash(entry), own[seq] ?? NO_LEAF)) this.#entries.delete(seq);
    return { kind: 'checked', unproven: standing.unproven };
  }

  async load(): Promise<SyncInput> {
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

  async upload(key: string): Promise<SyncInput> {
    const { vault, client } = this.#ports;
    const [kind, name] = key.split(':') as [string, string];
    const hash = fromHex(name);
    const bytes = kind === 'blob' ? await vault.blob(hash) : await vault.envelopes(hash);
    if (bytes === null) throw new VitalsealError('blob_damaged', 'what was to be uploaded is not held any more');
    if (kind === 'blob') await client.putBlob(hash, bytes, this.#auth);
    else await client.putEnvelopes(hash, bytes, this.#auth);
    return { kind: 'uploaded', key };
  }

  async sign(ids: readonly number[]): Promise<SyncInput> {
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
    try {
      await vault.commitSigned(signed);
    } catch (error) {
      this.#own.forget();
      throw error;
    }
    for (const { seq, entry } of signed) this.#entries.set(seq, entry);
    for (const { id, seq, entry, leaf } of signed) {
      this.#items.set(id, { ...(this.#items.get(id) as OutboxItem), state: 'signed', seq, entry, leaf });
    }
    return { kind: 'signed', seqs: signed.map(({ id, seq }) => ({ id, seq })) };
  }

  async submit(ids: readonly number[]): Promise<SyncInput> {
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

  async record(effect: Extract<SyncEffect, { kind: 'record' }>): Promise<SyncInput> {
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

  async prove(seq: number, index: number): Promise<SyncInput> {
    const { vault, client, origin, policy } = this.#ports;
    const entry = this.#entries.get(seq) ?? (await this.#entryOf(seq, null, index));
    const task = { origin, policy, held: this.#held, seq, index, entry };
    const { checkpoint, proven } = await prove(client, task).catch((error) => this.#keepFork(error));
    const meta = metaOfCheckpoint(proven.note, checkpoint, await this.#seenSince());
    // COMMIT POINT C6: after this, payloads are gone and 32 bytes an entry remain.
    const kept = { ...this.#keptEntries(seq), [META.newest]: encodeProven(proven) };
    await vault.proven({ throughSeq: seq, indexes: [{ seq, index }], meta: { ...meta, ...kept } });
    this.#held = { size: checkpoint.size, root: checkpoint.root, note: proven.note };
    return { kind: 'proved', seq };
  }

  /** Throws what was caught; of a fork, both checkpoints are kept first. */
  async #keepFork(error: unknown): Promise<never> {
    const { vault, log } = this.#ports;
    if (error instanceof ForkedLog && this.#held.note !== null) {
      await keepEvidence(vault, { held: this.#held.note, shown: error.shown });
      log('the log showed a fork', { code: error.code });
    }
    throw error;
  }

  /** Compares the ledger's present checkpoint with the one held. Throws `checkpoint_forked` when they contradict. */
  async #faceFork(): Promise<void> {
    const { client, origin, policy } = this.#ports;
    if (this.#held.note === null) return;
    const { size } = parseCheckpoint(parseNote(await client.checkpoint()).body);
    if (size < this.#held.size) return;
    const answer = await client.prove({ from: this.#held.size, index: 0, min: this.#held.size });
    try {
      checkSuccessor(answer.checkpoint, answer.consistency, { origin, policy, held: this.#held });
    } catch (error) {
      await this.#keepFork(error);
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
