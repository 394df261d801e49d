// The machine against a small world: a ledger that takes one entry a seq, a vault that survives, and a network and a power
// supply that fail as the generator likes. Whatever happens: no batch twice, no gap, and all proven once the net heals.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { step } from './machine.ts';
import {
  IN_FLIGHT,
  INITIAL,
  type ItemAnswer,
  type SyncEffect,
  type SyncInput,
  type SyncItem,
  type SyncState,
} from './state.ts';

interface Variant {
  id: number;
  seq: number;
  history: string;
  leaf: string;
}
interface Item {
  id: number;
  state: 'unsigned' | 'signed' | 'accepted' | 'refused' | 'proven';
  variant: Variant | null;
  bad: boolean;
  due: boolean;
}
/**
 * How one effect ends. `late`: delivered, answer lost, and delivered once more later. `lie`: behind a refusal the facility
 * gives receipts for what it did not take.
 */
const FAULTS = [
  'none',
  'none',
  'none',
  'lost-before',
  'lost-after',
  'late',
  'crash-before',
  'crash-after',
  'busy',
] as const;
type Fault = (typeof FAULTS)[number] | 'lie';

class World {
  state: SyncState = INITIAL;
  pending: SyncEffect[] = [];
  items: Item[] = [];
  variants: Variant[] = [];
  ledger: Variant[] = [];
  late: Variant[][] = [];
  proven = 0;
  signings = 0;
  blobs = new Set<string>();

  constructor(plan: readonly { bad: boolean; due: boolean }[]) {
    for (const [id, { bad, due }] of plan.entries())
      this.items.push({ id, state: 'unsigned', variant: null, bad, due });
    this.hear({ kind: 'start' });
  }

  hear(input: SyncInput): void {
    const { state, effects } = step(this.state, input, 0.5);
    this.state = state;
    this.pending.push(...effects);
    const flying = this.items.filter(({ state }) => state === 'signed').length;
    if (flying > IN_FLIGHT) throw new Error(`${flying} in flight`);
  }

  crash(): void {
    this.pending = [];
    this.state = INITIAL;
    this.hear({ kind: 'start' });
  }

  history(seq: number, leaves = this.ownLeaves()): string {
    return leaves.slice(0, seq).join('/');
  }

  ownLeaves(): string[] {
    return this.items
      .flatMap(({ variant, state }) => (variant !== null && state !== 'unsigned' ? [variant] : []))
      .toSorted((a, b) => a.seq - b.seq)
      .map(({ leaf }) => leaf);
  }

  judge(variant: Variant): ItemAnswer {
    const taken = this.ledger[variant.seq];
    const no = (code: 'seq_taken' | 'seq_gap' | 'history_mismatch' | 'epoch_taken', retry = false): ItemAnswer => ({
      kind: 'refusal',
      code,
      retry,
    });
    if (taken !== undefined)
      return taken.leaf === variant.leaf ? { kind: 'receipt', index: variant.seq * 3 } : no('seq_taken');
    if (variant.seq > this.ledger.length) return no('seq_gap', true);
    if (variant.history !== this.ledger.map(({ leaf }) => leaf).join('/')) return no('history_mismatch');
    // A condemned item is refused for now; a late delivery of it may be taken all the same.
    if (this.items[variant.id]?.bad) return no('epoch_taken');
    this.ledger.push(variant);
    return { kind: 'receipt', index: variant.seq * 3 };
  }

  perform(effect: SyncEffect, fault: Fault): void {
    if (fault === 'crash-before') return void this.crash();
    const network =
      effect.kind === 'check' ||
      effect.kind === 'upload' ||
      effect.kind === 'submit' ||
      effect.kind === 'prove' ||
      effect.kind === 'probe';
    const failure = fault === 'busy' ? 'facility_busy' : 'facility_unreachable';
    if (network && (fault === 'lost-before' || fault === 'busy')) return void this.fail(effect, failure);
    const answer = this.act(effect, fault);
    if (fault === 'crash-after') return void this.crash();
    if (network && (fault === 'lost-after' || fault === 'late')) return void this.fail(effect, failure);
    if (answer !== null) this.hear(answer);
  }

  fail(effect: SyncEffect, code: 'facility_busy' | 'facility_unreachable'): void {
    if (effect.kind === 'probe') this.hear({ kind: 'probed', reachable: false });
    else if (effect.kind === 'upload') this.hear({ kind: 'upload-failed', key: effect.key, code });
    else if (effect.kind === 'prove') this.hear({ kind: 'proof-failed', code });
    else this.hear({ kind: 'failed', code });
  }

  act(effect: SyncEffect, fault: Fault): SyncInput | null {
    switch (effect.kind) {
      case 'probe':
        return { kind: 'probed', reachable: true };
      case 'check':
        return this.check();
      case 'load':
        return { kind: 'loaded', items: this.load() };
      case 'upload':
        this.blobs.add(effect.key);
        return { kind: 'uploaded', key: effect.key };
      case 'sign':
        return this.sign(effect.ids);
      case 'submit': {
        const sent = effect.ids.flatMap((id) => this.items[id]?.variant ?? []);
        if (fault === 'late') this.late.push(sent);
        const answers = sent.map((variant) => ({ id: variant.id, answer: this.judge(variant) }));
        if (fault === 'lie') lie(answers);
        return { kind: 'answered', answers };
      }
      case 'record':
        return this.record(effect);
      case 'prove':
        if (effect.index !== effect.seq * 3 || this.ownLeaves()[effect.seq] !== this.ledger[effect.seq]?.leaf)
          return { kind: 'proof-failed', code: 'proof_invalid' };
        this.proven = Math.max(this.proven, effect.seq + 1);
        for (const item of this.items)
          if (item.variant !== null && item.variant.seq <= effect.seq) item.state = 'proven';
        return { kind: 'proved', seq: effect.seq };
      case 'rest':
        return { kind: 'woken' };
      case 'rest-proof':
        return { kind: 'proof-woken' };
    }
  }

  load(): SyncItem[] {
    const key = (id: number) => `blob:${id}`;
    return this.items
      .filter(({ state }) => state === 'signed' || state === 'unsigned')
      .toSorted((a, b) => (a.variant?.seq ?? 1e9) - (b.variant?.seq ?? 1e9) || a.id - b.id)
      .map(({ id, state, variant, due }) => ({
        id,
        seq: state === 'signed' ? (variant as Variant).seq : null,
        due,
        upload: key(id),
        needs: null,
      }));
  }

  sign(ids: readonly number[]): SyncInput {
    const seqs = ids.map((id) => {
      const seq = this.ownLeaves().length;
      const history = this.history(seq);
      const variant = { id, seq, history, leaf: `${id}@${seq}#${this.signings++}` };
      this.variants.push(variant);
      Object.assign(this.items[id] as Item, { state: 'signed', variant });
      return { id, seq };
    });
    return { kind: 'signed', seqs };
  }

  check(): SyncInput {
    for (const [seq, taken] of this.ledger.entries()) {
      const held = this.items.find(
        ({ variant, state }) => variant?.seq === seq && state !== 'unsigned' && state !== 'refused',
      );
      if (held?.variant?.leaf === taken.leaf) {
        if (held.state === 'signed') held.state = 'accepted';
        continue;
      }
      const ours = this.variants.find(({ leaf }) => leaf === taken.leaf);
      if (ours === undefined) return { kind: 'forked' };
      for (const item of this.items)
        if (item.state === 'signed' && item.variant !== null && item.variant.seq >= seq)
          Object.assign(item, { state: 'unsigned', variant: null });
      Object.assign(this.items[ours.id] as Item, { state: 'accepted', variant: ours });
    }
    const root = this.ledger.map(({ leaf }) => leaf).join('/');
    const ahead = this.items.filter(({ variant }) => (variant?.seq ?? -1) >= this.ledger.length);
    const follows = ahead.some(({ variant }) => variant?.seq === this.ledger.length && variant.history === root);
    for (const item of ahead) Object.assign(item, follows ? { state: 'signed' } : { state: 'unsigned', variant: null });
    const newest = this.ledger.length - 1;
    return { kind: 'checked', unproven: newest >= this.proven ? { seq: newest, index: newest * 3 } : null };
  }

  record(effect: Extract<SyncEffect, { kind: 'record' }>): SyncInput {
    for (const { id } of effect.accepted)
      if (this.items[id]?.state === 'signed') (this.items[id] as Item).state = 'accepted';
    for (const { id } of effect.refused) Object.assign(this.items[id] as Item, { state: 'refused', variant: null });
    const from = effect.unsignFrom;
    if (from !== null)
      for (const item of this.items)
        if ((item.state === 'signed' || item.state === 'accepted') && (item.variant as Variant).seq >= from)
          Object.assign(item, { state: 'unsigned', variant: null });
    return { kind: 'recorded' };
  }
}

function lie(answers: { id: number; answer: ItemAnswer }[]): void {
  const refused = answers.findIndex(({ answer }) => answer.kind === 'refusal');
  if (refused < 0) return;
  for (const row of answers.slice(refused + 1)) row.answer = { kind: 'receipt', index: 999_999 };
}

const plan = fc.array(fc.record({ bad: fc.nat(6).map((n) => n === 0), due: fc.nat(9).map((n) => n > 0) }), {
  maxLength: 90,
});
const faults = fc.array(
  fc.record({ pick: fc.nat(7), fault: fc.constantFrom(...FAULTS), sealed: fc.boolean(), pardon: fc.nat(20) }),
  { maxLength: 250 },
);

describe('the sync machine', () => {
  it('registers each batch once, in order, whatever is lost, and proves all when the net heals', () => {
    fc.assert(
      fc.property(plan, faults, fc.nat(4), (items, weather, lies) => {
        const world = new World(items);
        for (const { pick, fault, sealed, pardon } of weather) {
          if (sealed) world.hear({ kind: 'sealed' });
          // The ledger's mind may change between two deliveries of the same bytes.
          if (pardon < world.items.length && pardon % 7 === 0) (world.items[pardon] as Item).bad = false;
          const [delayed] = pick === 7 ? world.late.splice(0, 1) : [];
          for (const variant of delayed ?? []) world.judge(variant);
          const effect = world.pending.splice(pick % Math.max(1, world.pending.length), 1)[0];
          if (effect !== undefined) world.perform(effect, fault);
        }
        for (const item of world.items) item.due = true;
        world.hear({ kind: 'sealed' });
        let submits = 0;
        for (let i = 0; i < 3_000 && world.pending.length > 0; i++) {
          const effect = world.pending.shift() as SyncEffect;
          world.perform(effect, effect.kind === 'submit' && submits++ < lies ? 'lie' : 'none');
          if (world.state.phase === 'forked') break;
        }
        expect(world.state.phase).toBe('idle');
        const registered = world.ledger.map(({ id }) => id);
        expect(new Set(registered).size).toBe(registered.length);
        for (const { id, state } of world.items) {
          expect(['proven', 'refused']).toContain(state);
          expect(registered.includes(id)).toBe(state === 'proven');
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
