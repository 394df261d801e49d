import { join } from 'node:path';
import { sha256, utf8 } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../vault/core.testing.ts';
import { openStore } from '../vault/store.sqlite.ts';
import { type NewItem, type Outbox, openOutbox } from './outbox.ts';

function fresh(): Outbox {
  const store = openStore(join(temporaryFolder(onTestFinished), 'agent.db'));
  onTestFinished(() => store.close());
  return openOutbox(store);
}

const notice: NewItem = {
  type: 'notice',
  body: { kind: 'readings-dropped', about: new Uint8Array([1, 2]), statement: null },
  lane: 1,
  urgent: false,
  due: true,
  epoch: null,
  first: 0,
  readings: 3,
  blob: null,
};
const signed = (id: number, seq: number, salt = '') => {
  const entry = utf8(`${id} ${seq} ${salt}`);
  return { id, seq, entry, leaf: sha256(entry) };
};

describe('the outbox', () => {
  it('gives back bodies with their byte strings', () => {
    const outbox = fresh();
    outbox.add(notice);
    expect(outbox.pending(1)[0]?.body).toEqual(notice.body);
  });

  it('finds the same bytes again after a lost answer', () => {
    const outbox = fresh();
    const first = signed(outbox.add(notice), 4);
    outbox.commitSigned([first]);
    expect(outbox.pending(1)).toMatchObject([{ state: 'signed', seq: 4 }]);
    expect(Buffer.from(outbox.pending(1)[0]?.entry ?? [])).toEqual(Buffer.from(first.entry));
  });

  it('adopts an older variant that the ledger took, and signs the other one again', () => {
    const outbox = fresh();
    const [a, b] = [outbox.add(notice), outbox.add(notice)];
    const older = signed(a, 4);
    outbox.commitSigned([older, signed(b, 5)]);
    outbox.unsignFrom(4);
    // The other one goes first now; then it turns out that the ledger took the older one for that seq.
    outbox.commitSigned([signed(b, 4), signed(a, 5)]);
    expect(outbox.adopt(4, older.leaf, 77)).toBe(true);
    expect(outbox.item(a)).toMatchObject({ state: 'accepted', seq: 4, index: 77 });
    expect(outbox.item(b)).toMatchObject({ state: 'unsigned', seq: null, entry: null });
    expect(outbox.variants(4).length).toBe(2);
    expect(outbox.adopt(4, new Uint8Array(32), 77)).toBe(false);
    outbox.drop(4);
    expect(outbox.variants(4)).toEqual([]);
    expect(outbox.item(a)).toBeNull();
    expect(outbox.item(b)).not.toBeNull();
  });

  it('keeps what was refused for good, and lets it go of its seq', () => {
    const outbox = fresh();
    const [a, b] = [outbox.add(notice), outbox.add(notice)];
    outbox.commitSigned([signed(a, 0), signed(b, 1)]);
    outbox.refused([
      { id: a, code: 'delegation_missing', permanent: true },
      { id: b, code: 'seq_gap', permanent: false },
    ]);
    outbox.unsignFrom(0);
    expect(outbox.pending(10).map(({ id }) => id)).toEqual([b]);
    expect(outbox.item(a)).toMatchObject({ state: 'refused', seq: null, code: 'delegation_missing' });
  });

  it('signs again what a false receipt called accepted, and adopts the older variant all the same', () => {
    const outbox = fresh();
    const [a, b] = [outbox.add(notice), outbox.add(notice)];
    const older = signed(b, 1);
    outbox.commitSigned([signed(a, 0), older]);
    outbox.accepted([{ id: b, index: 999 }]);
    outbox.refused([{ id: a, code: 'epoch_taken', permanent: true }]);
    outbox.unsignFrom(0);
    expect(outbox.pending(10)).toMatchObject([{ id: b, state: 'unsigned', seq: null, index: null }]);
    outbox.commitSigned([signed(b, 0)]);
    expect(outbox.adopt(0, signed(a, 0).leaf, 40)).toBe(true);
    expect(outbox.adopt(1, older.leaf, 41)).toBe(true);
    expect([outbox.item(a), outbox.item(b)]).toMatchObject([
      { state: 'accepted', seq: 0, index: 40 },
      { state: 'accepted', seq: 1, index: 41 },
    ]);
  });

  it('takes own entries from outside, whose seq belongs to nobody else then', () => {
    const outbox = fresh();
    const a = outbox.add(notice);
    outbox.commitSigned([signed(a, 0)]);
    const leaf = new Uint8Array(32).fill(9);
    outbox.putOwn([{ seq: 0, leaf, entry: null, index: 3 }]);
    expect(outbox.item(a)).toMatchObject({ state: 'unsigned', seq: null });
    expect(outbox.current(0)).toMatchObject({ item: null, index: 3 });
  });
});

describe('whatever sync does', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const) }),
    fc.record({ do: fc.constant('sign' as const), salt: fc.nat(3) }),
    fc.record({ do: fc.constant('accept' as const) }),
    fc.record({ do: fc.constant('refuse' as const), permanent: fc.boolean() }),
    fc.record({ do: fc.constant('unsign' as const), back: fc.nat(3) }),
    fc.record({ do: fc.constant('adopt' as const), pick: fc.nat(20) }),
    fc.record({ do: fc.constant('prove' as const) }),
  );

  it('no seq has two items, no signed bytes are forgotten before a proof, no item is lost', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (script) => {
        const outbox = fresh();
        let proven = 0;
        let added = 0;
        let dropped = 0;
        const everSigned: { seq: number; leaf: string }[] = [];
        const all = () => outbox.pending(1000);
        for (const act of script) {
          const inFlight = all().filter(({ seq }) => seq !== null);
          const next = proven + inFlight.length;
          if (act.do === 'add') {
            outbox.add(notice);
            added++;
          } else if (act.do === 'sign') {
            const item = all().find(({ state }) => state === 'unsigned');
            if (item === undefined) continue;
            const one = signed(item.id, next, String(act.salt));
            outbox.commitSigned([one]);
            everSigned.push({ seq: next, leaf: Buffer.from(one.leaf).toString('hex') });
          } else if (act.do === 'accept') {
            const item = inFlight.find(({ state }) => state === 'signed');
            if (item !== undefined) outbox.accepted([{ id: item.id, index: 1 }]);
          } else if (act.do === 'refuse') {
            const item = inFlight.find(({ state }) => state === 'signed');
            if (item === undefined) continue;
            outbox.refused([{ id: item.id, code: 'internal', permanent: act.permanent }]);
            if (act.permanent) outbox.unsignFrom(item.seq as number);
            if (act.permanent) added--;
          } else if (act.do === 'unsign') {
            const firstSigned = inFlight.find(({ state }) => state === 'signed')?.seq;
            if (firstSigned !== undefined && firstSigned !== null) outbox.unsignFrom(firstSigned + act.back);
          } else if (act.do === 'adopt') {
            // The ledger can only have taken a variant for the first seq that it has not answered for.
            const seq = proven + inFlight.filter(({ state }) => state === 'accepted').length;
            const variants = outbox.variants(seq);
            const variant = variants[act.pick % Math.max(1, variants.length)];
            if (variant === undefined) continue;
            const owner = all().length;
            expect(outbox.adopt(seq, variant.leaf, 5)).toBe(true);
            outbox.unsignFrom(seq + 1);
            // One that was refused for good may turn out to have been taken.
            added += all().length - owner;
          } else {
            const through = proven + inFlight.filter(({ state }) => state === 'accepted').length - 1;
            outbox.drop(through);
            dropped += through + 1 - proven;
            proven = through + 1;
          }
          const seqs = all().flatMap(({ seq }) => (seq === null ? [] : [seq]));
          expect(seqs).toEqual(seqs.map((_, i) => proven + i));
          expect(all().length + dropped).toBe(added);
          for (const { seq, leaf } of everSigned)
            if (seq >= proven)
              expect(outbox.variants(seq).map((one) => Buffer.from(one.leaf).toString('hex'))).toContain(leaf);
          for (const { state, entry, seq } of all()) expect(entry !== null).toBe(state !== 'unsigned' && seq !== null);
        }
      }),
      { numRuns: 60 },
    );
  });
});
