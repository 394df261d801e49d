// Do the ledger and this agent agree on what the agent has signed? Asked at start and on every conflict. An older variant
// that the ledger took is adopted; an entry by our key that we never signed means that somebody else lives under our name.
import {
  type Address,
  decodeEntry,
  equalBytes,
  type FacilityClient,
  type Hash,
  openEntry,
  ownHistoryRoot,
  signerKeys,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { OutboxItem, Vault } from '../vault/vault.ts';
import { splitLeaves } from './own-history.ts';
import type { Placed } from './state.ts';

export interface StandingPorts {
  readonly vault: Pick<Vault, 'ownLeaves' | 'pending' | 'accepted' | 'adopt' | 'unsignFrom'>;
  readonly client: Pick<FacilityClient, 'signer' | 'signerLeaves' | 'entry' | 'user'>;
  readonly origin: string;
  readonly address: Address;
}

export type Standing =
  /** `next` is the ledger's next seq of ours; own entries from there on are not in it. */
  | { readonly kind: 'sound'; readonly next: number; readonly unproven: Placed | null }
  | { readonly kind: 'forked'; readonly entry: Uint8Array };

/** Most own entries that may be signed and not proven. */
const PENDING = 4096;

/**
 * Compares, accepts and adopts; durable on resolve. Throws `checkpoint_stale` when the ledger has lost what was proven,
 * `answer_invalid` when what it shows is not by us, and those of FacilityClient.
 */
export async function takeStanding({ vault, client, origin, address }: StandingPorts): Promise<Standing> {
  const { seq: next } = await client.signer(address);
  const { proven, leaves } = await vault.ownLeaves();
  if (next < proven) throw new VitalsealError('checkpoint_stale', 'the ledger is behind what it had proven');
  const own = splitLeaves(leaves);
  const signed = new Map<number, OutboxItem>();
  for (const item of await vault.pending(PENDING)) if (item.seq !== null) signed.set(item.seq, item);

  let unproven: Placed | null = null;
  const accepted: { id: number; index: number }[] = [];
  let adopted = false;
  for (let seq = proven; seq < next; ) {
    const rows = await client.signerLeaves(address, seq);
    if (rows.length === 0) throw new VitalsealError('answer_invalid', 'the leaves of the signer are not shown');
    for (const { leaf, index } of rows.slice(0, next - seq)) {
      const same = !adopted && own[seq] !== undefined && equalBytes(own[seq] as Hash, leaf);
      const item = same ? signed.get(seq) : undefined;
      if (item !== undefined && item.index !== index) accepted.push({ id: item.id, index });
      if (!same) {
        await vault.accepted(accepted.splice(0));
        if (!(await vault.adopt(seq, leaf, index))) {
          return { kind: 'forked', entry: await foreignEntry({ client, origin, address }, seq, leaf, index) };
        }
        adopted = true; // the followers' leaves are others now: each is looked up by the vault
      }
      unproven = { seq, index };
      seq += 1;
    }
  }
  if (accepted.length > 0) await vault.accepted(accepted);
  await unsignStale(vault, next);
  return { kind: 'sound', next, unproven };
}

/**
 * What is signed for the ledger's next seq must follow on what the ledger has, and its followers on it; else all are signed
 * anew. That includes what is accepted: the ledger does not have it, so its receipt was false.
 */
async function unsignStale(vault: StandingPorts['vault'], next: number): Promise<void> {
  const ahead = (await vault.pending(PENDING)).filter(({ seq }) => seq !== null && seq >= next);
  if (ahead.length === 0) return;
  const whole = ahead.every(({ seq }, i) => seq === next + i);
  const first = ahead[0];
  const own = splitLeaves((await vault.ownLeaves()).leaves).slice(0, next);
  const follows =
    whole &&
    first?.entry != null &&
    equalBytes(decodeEntry(first.entry).entry.history, ownHistoryRoot(own)) &&
    own.length === next;
  if (!follows) await vault.unsignFrom(next);
}

/** The entry that the ledger has in our place. Only one that really is by a key of ours says anything about us. */
async function foreignEntry(
  { client, origin, address }: Pick<StandingPorts, 'client' | 'origin' | 'address'>,
  seq: number,
  leaf: Hash,
  index: number,
): Promise<Uint8Array> {
  const bytes = await client.entry(index);
  const opened = openEntry(bytes);
  const { entry, kid } = opened;
  const claims = entry.origin === origin && equalBytes(entry.signer, address) && entry.seq === seq;
  if (!claims || !equalBytes(opened.leaf, leaf)) throw new VitalsealError('answer_invalid', 'not an entry of ours');
  const chain = (await client.user(address)).map((row) => row.entry);
  const keys = await keysOf({ client, origin, address }, chain, kid);
  if (!keys.has(toHex(kid))) throw new VitalsealError('answer_invalid', 'not an entry by a key of ours');
  return bytes;
}

async function keysOf(
  { origin, address }: Pick<StandingPorts, 'client' | 'origin' | 'address'>,
  chain: readonly Uint8Array[],
  kid: Uint8Array,
): Promise<Set<string>> {
  // The present key is the end of the chain; the kid may be any of those before.
  for (let length = chain.length; length > 0; length--) {
    try {
      return new Set(signerKeys(origin, address, kid, chain.slice(0, length)).map(toHex));
    } catch {
      // a shorter chain may end in this kid
    }
  }
  return new Set();
}
