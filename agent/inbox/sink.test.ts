import { decodeSegment, VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { decodeIds } from './recent.ts';
import { bench, from, message, turn } from './sink.testing.ts';

describe('a group commit', () => {
  it('settles nothing before it is durable, and everything in it then', async () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0));
    deliver('b', message(2));
    to(1250);
    await turn();
    expect([state.groups.length, state.settled]).toEqual([1, []]);
    state.groups[0]?.done();
    await turn();
    expect(state.settled).toEqual(['a', 'b']);
    const parts = state.groups[0]?.group.parts ?? [];
    expect(parts.map(({ count, device, owner }) => [count, device, owner])).toEqual([[4, 'pump', null]]);
    expect(decodeSegment(parts[0]?.bytes as Uint8Array, 10).map(({ counter }) => counter)).toEqual([10, 11, 12, 13]);
  });

  it('carries the owner of that moment', () => {
    const { state, sink, to, deliver } = bench();
    const [ann, bob] = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)];
    sink.assign(new Map([['pump', ann]]));
    deliver('a', message(0));
    sink.assign(new Map([['pump', bob]]));
    deliver('b', message(2));
    sink.assign(new Map([['pump', null]]));
    deliver('c', message(4));
    to(1300);
    expect(state.groups[0]?.group.parts.map(({ owner, device }) => owner?.[0] ?? device)).toEqual([1, 2, 'pump']);
  });

  it('that fails settles with the error, and forgets the ids: the device sends again', async () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0, from(1)));
    to(1300);
    state.groups[0]?.fail(new VitalsealError('disk_full'));
    await turn();
    expect(state.settled).toEqual(['a disk_full']);
    deliver('b', message(0, from(1, true)));
    to(1600);
    expect(state.groups.length).toBe(2);
  });

  it('takes no more while too much waits', async () => {
    const { state, to, deliver } = bench(20);
    deliver('a', message(0));
    deliver('c', message(4));
    await turn();
    expect(state.settled).toEqual(['c quota_exceeded']);
    to(1300);
    state.groups[0]?.done();
    await turn();
    deliver('d', message(4));
    to(1600);
    expect(state.groups.length).toBe(2);
  });

  it('is cut while the vault is slow, so that each fits a record', () => {
    const { state, deliver } = bench(1 << 24);
    for (let n = 0; n < 60_000; n++) deliver('x', message(n));
    expect(state.groups.length).toBe(2);
    for (const { group } of state.groups)
      for (const { bytes } of group.parts) expect(bytes.length).toBeLessThan(300_000);
  });

  it('counts what nobody is told of', () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0, from(null)));
    to(1300);
    expect(state.groups[0]?.group.counts).toEqual({ duplicates: 0, unacknowledged: 2, unmapped: 0 });
  });
});

describe('a message that is sent again', () => {
  it('waits for the commit of the first, and is not kept twice', async () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0, from(1)));
    deliver('again', message(0, from(1, true)));
    to(1300);
    expect(state.settled).toEqual([]);
    deliver('and again', message(0, from(1, true)));
    state.groups[0]?.done();
    await turn();
    expect(state.settled).toEqual(['a', 'again', 'and again']);
    deliver('late', message(0, from(1, true)));
    await turn();
    expect(state.settled.at(-1)).toBe('late');
    expect(state.groups.length).toBe(1);
    expect(decodeIds(state.groups[0]?.group.ids as Uint8Array).length).toBe(1);
  });

  it('is known by the later of two that shared a packet id and a commit', async () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0, from(1, false, 1)));
    deliver('b', message(2, from(1, false, 2)));
    to(1300);
    state.groups[0]?.done();
    await turn();
    deliver('b again', message(2, from(1, true, 2)));
    await turn();
    expect(state.settled).toEqual(['a', 'b', 'b again']);
  });

  it('is new without DUP, with another payload, packet id or client, and after another under its id', () => {
    const { state, to, deliver } = bench();
    deliver('a', message(0, from(1)));
    deliver('no dup', message(0, from(1)));
    deliver('payload', message(0, from(1, true, 2)));
    deliver('id', message(0, from(2, true)));
    deliver('older', message(0, from(1, true, 1)));
    to(1300);
    expect(state.groups[0]?.group.parts[0]?.count).toBe(10);
  });
});

it('drains: everything delivered is settled then, and nothing is taken afterwards', async () => {
  const { state, sink, deliver } = bench();
  deliver('a', message(0));
  const drained = sink.drain(true);
  deliver('b', message(2));
  state.groups[0]?.done();
  await drained;
  expect(state.settled).toEqual(['b cancelled', 'a']);
});

it('drains under load, too: what comes later is not waited for', async () => {
  const { state, sink, to, deliver } = bench();
  deliver('a', message(0));
  const drained = sink.drain();
  deliver('b', message(2));
  to(1300);
  state.groups[0]?.done();
  await drained;
  expect([state.groups.length, state.settled]).toEqual([2, ['a']]);
});
