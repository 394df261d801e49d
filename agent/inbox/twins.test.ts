// What a device tells live and stores as well: each value is kept once, whatever fails in between, and none for another.
import type { Delivery, MessageOrigin } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reading } from '../vault/core.testing.ts';
import { decodeIds, type MessageId } from './recent.ts';
import { bench, turn } from './sink.testing.ts';

const USER = 'ble/sensor';
/** Values of one `kind` have time and bytes in common. */
const twin = (kind: number) => ({ client: '2B8B/abcdef', packetId: kind, hash: new Uint8Array(8).fill(1 + kind) });

function delivery(kind: number, number: number | null, readings = 1): Delivery {
  const none = { client: '', packetId: null, duplicate: false, payloadHash: new Uint8Array(8) };
  const own = {
    client: '2BDD',
    packetId: number,
    duplicate: true,
    payloadHash: new Uint8Array(8).fill(100 + (number ?? 0)),
  };
  const origin: MessageOrigin = { user: USER, ...(number === null ? none : own), twin: twin(kind) };
  const same = Array.from({ length: readings }, () => reading(kind, 'sensor'));
  return { kind: 'readings', device: 'sensor', readings: same, alarm: false, origin };
}

const live = (kind = 0) => delivery(kind, null);
const stored = (number: number, kind = 0) => delivery(kind, number);

/** An inbox, life after life: what was committed is recalled. */
class Lives {
  inbox = bench();
  readonly #durable: Uint8Array[] = [];

  /** Delivers, and commits what came of it. Answers how many readings were appended, and how they were settled. */
  async commit(all: readonly Delivery[], fails = false) {
    const { state, sink, deliver } = this.inbox;
    const [groups, settled] = [state.groups.length, state.settled.length];
    for (const [i, one] of all.entries()) deliver(`${i}`, one);
    const drained = sink.drain();
    const made = state.groups.slice(groups);
    for (const { done, fail, group } of made) {
      if (!fails) this.#durable.push(group.ids);
      if (fails) fail(new VitalsealError('disk_full'));
      else done();
    }
    await drained;
    await turn();
    const appended = made.flatMap(({ group }) => group.parts).reduce((sum, { count }) => sum + count, 0);
    return { appended, settled: state.settled.slice(settled) };
  }

  /** `still`: of what is remembered, what was not too old. */
  restart(still: (id: MessageId) => boolean = () => true): void {
    this.inbox = bench();
    // In whatever order: ids leave their segments when those are sealed.
    for (const ids of this.#durable.reverse()) this.inbox.sink.recall(decodeIds(ids).filter(still));
  }
}

describe('a value that was told live', () => {
  it('is not appended again when it comes from the store, whichever life it is', async () => {
    const lives = new Lives();
    expect((await lives.commit([live(1), live(2)])).appended).toBe(2);
    expect(await lives.commit([stored(7, 1)])).toEqual({ appended: 0, settled: ['0'] });
    lives.restart();
    expect(await lives.commit([stored(7, 1), stored(8, 2)])).toEqual({ appended: 0, settled: ['0', '1'] });
    lives.restart();
    expect((await lives.commit([stored(8, 2), stored(9, 2)])).appended).toBe(1);
  });

  it('stands for one record, and equal ones for as many', async () => {
    const lives = new Lives();
    expect((await lives.commit([live(), live()])).appended).toBe(2);
    expect((await lives.commit([stored(1)])).appended).toBe(0);
    lives.restart();
    expect((await lives.commit([stored(1), stored(2), stored(3), stored(4)])).appended).toBe(2);
  });

  it('is kept whatever was kept before it: it has no number that could say that it is the same', async () => {
    const lives = new Lives();
    expect((await lives.commit([stored(1), stored(2), live(), live()])).appended).toBe(4);
    expect((await lives.commit(Array.from({ length: 20 }, () => live()))).appended).toBe(20);
  });

  it('stands not where a record took another, though that other is forgotten', async () => {
    const lives = new Lives();
    await lives.commit([live()]);
    await lives.commit([stored(1)]);
    lives.restart(({ client }) => client.startsWith('='));
    expect((await lives.commit([live()])).appended).toBe(1);
    expect((await lives.commit([stored(2)])).appended).toBe(0);
  });

  it('is counted as acknowledged, and its record as a duplicate', async () => {
    const lives = new Lives();
    await lives.commit([live(), stored(1)]);
    expect(lives.inbox.state.groups[0]?.group.counts).toMatchObject({ duplicates: 1, unacknowledged: 0 });
  });

  it.each([
    ['is kept', 1],
    ['is not kept', 2],
  ])('and is still under way holds its records until it %s', async (how, appended) => {
    const lives = new Lives();
    const { deliver, to, state, sink } = lives.inbox;
    deliver('live', live());
    to(1300);
    deliver('one', stored(1));
    deliver('other', stored(2));
    const drained = sink.drain();
    if (how === 'is kept') state.groups[0]?.done();
    else state.groups[0]?.fail(new VitalsealError('disk_full'));
    await turn();
    state.groups[1]?.done();
    await drained;
    expect(state.settled).toEqual([how === 'is kept' ? 'live' : 'live disk_full', 'one', 'other']);
    expect(state.groups[1]?.group.parts.map(({ count }) => count)).toEqual([appended]);
    expect(lives.inbox.state.groups[1]?.group.counts.duplicates).toBe(2 - appended);
  });

  it('holds its records, and they count as waiting: too many are refused at once', async () => {
    const { deliver, to, state } = bench(10_000);
    deliver('live', live());
    to(1300);
    for (let number = 0; number < 400; number++) deliver(`${number}`, delivery(0, number, 10));
    await turn();
    const refused = state.settled.length;
    expect(state.settled[0]).toMatch(/ quota_exceeded$/);
    expect(refused).toBeGreaterThan(300);
    state.groups[0]?.done();
    await turn();
    // Of those that were not refused, none is.
    expect(state.settled.slice(refused)).toEqual(['live']);
    to(2000);
    expect(state.groups[1]?.group.parts.map(({ count }) => count)).toEqual([10 * (400 - refused - 1)]);
    state.groups[1]?.done();
    await turn();
    deliver('later', stored(500, 1));
    await turn();
    expect(state.settled.at(-1)).not.toMatch(/quota/);
  });

  it('holds a record as often as one like it is under way, and is drained for all that', async () => {
    const { deliver, to, state, sink } = bench();
    deliver('live', live());
    to(1300);
    deliver('one', stored(1));
    let isDrained = false;
    const drained = sink.drain().then(() => {
      isDrained = true;
    });
    to(1400);
    deliver('like it', live());
    to(1700);
    state.groups[0]?.fail(new VitalsealError('disk_full'));
    await turn();
    state.groups[1]?.done();
    await turn();
    expect([isDrained, state.settled]).toEqual([false, ['live disk_full', 'like it']]);
    state.groups[2]?.done();
    await drained;
    expect(state.settled.at(-1)).toBe('one');
  });

  it('and is under way when the inbox closes: its record was not kept', async () => {
    const { deliver, to, state, sink } = new Lives().inbox;
    deliver('live', live());
    to(1300);
    deliver('one', stored(1));
    const drained = sink.drain(true);
    state.groups[0]?.done();
    await drained;
    await turn();
    expect(state.settled).toEqual(['live', 'one cancelled']);
  });

  it('is there for its record again when the commit fails that took it', async () => {
    const lives = new Lives();
    await lives.commit([live()]);
    expect((await lives.commit([stored(1)], true)).settled).toEqual(['0 disk_full']);
    expect((await lives.commit([stored(1)])).appended).toBe(0);
  });
});

it('over failed commits and restarts, each observation of a device that stores all it tells is kept once', async () => {
  const observations = fc.array(fc.record({ kind: fc.nat(2), isTold: fc.boolean() }), { maxLength: 8 });
  const troubles = fc.array(fc.constantFrom('fail', 'restart', 'dump'), { maxLength: 8 });
  const run = async (all: readonly { kind: number; isTold: boolean }[], what: readonly string[]) => {
    const lives = new Lives();
    const kept = [0, 0, 0];
    for (const { kind, isTold } of all)
      if (isTold) kept[kind] = (kept[kind] ?? 0) + (await lives.commit([live(kind)])).appended;
    for (const step of [...what, 'dump']) {
      if (step === 'restart') lives.restart();
      for (const [number, { kind }] of all.entries()) {
        if (step === 'restart') break;
        const { appended } = await lives.commit([stored(number, kind)], step === 'fail');
        if (step === 'dump') kept[kind] = (kept[kind] ?? 0) + appended;
      }
    }
    expect(kept).toEqual([0, 1, 2].map((kind) => all.filter((one) => one.kind === kind).length));
  };
  await fc.assert(fc.asyncProperty(observations, troubles, run), { numRuns: 100 });
});
