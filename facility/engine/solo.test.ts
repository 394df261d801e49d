// The sequencer alone, over an application that fails as told: who is answered what, and what is tried again.
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import type { Application, Candidate, Committed, EntryResult } from './engine.ts';
import { SOLO_DEFAULTS, SoloEngine } from './solo.ts';

const HASH = new Uint8Array(32);
const candidate = (n: number): Candidate => ({ bytes: Uint8Array.of(n), opened: null });
const signature = { name: 'facility', keyId: 0, signature: HASH };

/** Accepts every entry. `fault` is asked at each commit. */
class Told implements Application {
  readonly blocks: number[] = [];
  readonly cosignedSizes: number[] = [];
  fault: 'none' | 'not-persisted' | 'persisted-anyway' | 'unreadable' = 'none';
  #head: Committed = { height: 0, size: 0, root: HASH, time: 0 };
  #next: Committed = this.#head;

  info(): Committed {
    if (this.fault === 'unreadable') throw new Error('unreadable');
    return this.#head;
  }
  apply(height: number, time: number, candidates: readonly Candidate[]): readonly EntryResult[] {
    this.blocks.push(candidates.length);
    this.#next = { height, time, root: HASH, size: this.#head.size + candidates.length };
    return candidates.map((_, i) => ({ status: 'accepted', leaf: HASH, index: this.#head.size + i }));
  }
  commit(): Committed {
    if (this.fault === 'not-persisted' || this.fault === 'unreadable') throw new VitalsealError('disk_full');
    this.#head = this.#next;
    if (this.fault === 'persisted-anyway') throw new VitalsealError('store_failed');
    return this.#head;
  }
  cosign() {
    return signature;
  }
  cosigned({ size }: Committed): void {
    this.cosignedSizes.push(size);
  }
}

async function started(options: { maxBlock?: number; maxQueue?: number; onGivenUp?: () => void } = {}) {
  const told = new Told();
  let clock = 1_000;
  const engine = new SoloEngine(told, { ...SOLO_DEFAULTS, ...options, now: () => clock-- });
  await engine.start();
  return { told, engine };
}

const indices = (results: readonly EntryResult[]) =>
  results.map((result) => (result.status === 'refused' ? null : result.index));

describe('SoloEngine', () => {
  it('puts what comes together into one block, in order, and answers each its own', async () => {
    const { told, engine } = await started();
    const answers = await Promise.all([
      engine.submit([candidate(1), candidate(2)]),
      engine.submit([candidate(3)]),
      engine.submit([candidate(4), candidate(5)]),
    ]);
    expect(told.blocks).toEqual([5]);
    expect(answers.map(indices)).toEqual([[0, 1], [2], [3, 4]]);
    expect(told.cosignedSizes).toEqual([5]);
    expect(engine.queued).toBe(0);
  });

  it('bounds a block without splitting a submission, and the time of blocks never steps back', async () => {
    const { told, engine } = await started({ maxBlock: 4 });
    const three = [candidate(1), candidate(2), candidate(3)];
    await Promise.all([engine.submit(three), engine.submit(three), engine.submit([...three, ...three])]);
    expect(told.blocks).toEqual([3, 3, 6]);
    expect(told.info()).toMatchObject({ height: 3, time: 1_000 });
  });

  it('refuses what would wait too long', async () => {
    const { engine } = await started({ maxQueue: 2 });
    const waiting = engine.submit([candidate(1), candidate(2)]);
    await expect(engine.submit([candidate(3)])).rejects.toMatchObject({ code: 'facility_busy' });
    await waiting;
    expect(indices(await engine.submit([candidate(3)]))).toEqual([2]);
  });

  it.each([
    // fault, what the sender hears, size afterwards
    ['not-persisted', 'disk_full', 0],
    ['persisted-anyway', null, 1],
  ] as const)('a commit that throws, %s', async (fault, code, size) => {
    const { told, engine } = await started();
    told.fault = fault;
    const answer = engine.submit([candidate(1)]);
    if (code === null) expect(indices(await answer)).toEqual([0]);
    else await expect(answer).rejects.toMatchObject({ code });
    told.fault = 'none';
    expect(told.info().size).toBe(size);
    expect(indices(await engine.submit([candidate(2)]))).toEqual([size]);
    expect(engine.running).toBe(true);
  });

  it('gives up when it cannot even ask what happened', async () => {
    let givenUp = 0;
    const { told, engine } = await started({ onGivenUp: () => givenUp++ });
    const answer = engine.submit([candidate(1)]);
    told.fault = 'unreadable';
    await expect(answer).rejects.toThrow();
    expect(engine.running).toBe(false);
    expect(givenUp).toBe(1);
    await expect(engine.submit([candidate(2)])).rejects.toMatchObject({ code: 'engine_stopped' });
  });

  it('decides what is queued before it stops', async () => {
    const { engine } = await started();
    const answer = engine.submit([candidate(1)]);
    await engine.stop();
    expect(indices(await answer)).toEqual([0]);
    await expect(engine.submit([candidate(2)])).rejects.toMatchObject({ code: 'engine_stopped' });
  });
});
