import { describe, expect, it } from 'vitest';
import { isShort, SlotQueue } from './queue.ts';

const LIMITS = { connections: 2, turnMs: 30_000, busyTurnMs: 180_000, shortTurnMs: 5_000 };
const live = () => 'live' as const;

describe('the slots of an adapter', () => {
  it('are given in the order of asking, and no more than there are', () => {
    const queue = new SlotQueue(LIMITS);
    for (const device of ['a', 'b', 'c']) queue.request(device, false);
    expect([queue.grant(0), queue.grant(0), queue.grant(0)]).toEqual(['a', 'b', null]);
    queue.release('a', 1);
    expect(queue.grant(1)).toBe('c');
    expect(queue.holders).toBe(2);
  });

  it('go to a meter before a device that stays', () => {
    const queue = new SlotQueue(LIMITS);
    queue.request('strap', false);
    queue.request('meter', true);
    expect(queue.grant(0)).toBe('meter');
  });

  it('go to who was longest without one, not to who asks first again', () => {
    const queue = new SlotQueue({ ...LIMITS, connections: 1 });
    queue.request('a', false);
    queue.grant(0);
    queue.request('b', false);
    queue.release('a', 10);
    queue.grant(10);
    queue.request('a', false);
    queue.request('c', false);
    queue.release('b', 20);
    expect(queue.grant(20)).toBe('c');
    queue.request('b', false);
    queue.release('c', 30);
    expect(queue.grant(30)).toBe('a');
  });

  it('are asked back when a turn is over and somebody waits, once', () => {
    const queue = new SlotQueue(LIMITS);
    for (const device of ['a', 'b']) queue.request(device, false);
    queue.grant(0);
    queue.grant(1000);
    expect(queue.overdue(60_000, live)).toBeNull();
    queue.request('c', false);
    expect(queue.overdue(20_000, live)).toEqual({ inMs: 10_000 });
    expect(queue.overdue(40_000, live)).toEqual({ leave: 'a' });
    expect(queue.overdue(40_000, live)).toBeNull();
    queue.request('d', false);
    expect(queue.overdue(40_000, live)).toEqual({ leave: 'b' });
  });

  it('are left longer to a link that fetches records, and asked back sooner for a meter', () => {
    const queue = new SlotQueue(LIMITS);
    for (const device of ['a', 'b']) queue.request(device, false);
    queue.grant(0);
    queue.grant(0);
    queue.request('meter', true);
    const occupation = (device: string) => (device === 'a' ? ('busy' as const) : ('live' as const));
    expect(queue.overdue(6_000, occupation)).toEqual({ leave: 'b' });
    queue.request('other', false);
    expect(queue.overdue(6_000, occupation)).toEqual({ inMs: 174_000 });
  });

  it('serve 60 devices on 5 slots in equal shares', () => {
    const queue = new SlotQueue({ ...LIMITS, connections: 5 });
    const served = new Map<string, number>();
    for (let i = 0; i < 60; i++) queue.request(`d${i}`, false);
    for (let now = 0; now < 3_600_000; now += 1000) {
      for (let asked = queue.overdue(now, live); asked !== null; asked = queue.overdue(now, live)) {
        if (!('leave' in asked)) break;
        queue.release(asked.leave, now);
        queue.request(asked.leave, false);
      }
      for (let device = queue.grant(now); device !== null; device = queue.grant(now))
        served.set(device, (served.get(device) ?? 0) + 1);
    }
    const counts = [...served.values()];
    expect(served.size).toBe(60);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('go to a device that stays in the end, however many thermometers are heard all the time', () => {
    const queue = new SlotQueue(LIMITS);
    const served = new Map<string, number>();
    queue.request('strap', false);
    for (const name of ['t1', 't2', 't3', 't4']) queue.request(name, true);
    for (let now = 0; now < 600_000; now += 1000) {
      for (let asked = queue.overdue(now, live); asked !== null; asked = queue.overdue(now, live)) {
        if (!('leave' in asked)) break;
        queue.release(asked.leave, now);
        queue.request(asked.leave, asked.leave !== 'strap');
      }
      for (let device = queue.grant(now); device !== null; device = queue.grant(now))
        served.set(device, (served.get(device) ?? 0) + 1);
    }
    expect(served.get('strap')).toBeGreaterThanOrEqual(5);
    expect(Math.min(...served.values())).toBeGreaterThanOrEqual(5);
  });

  it('are forgotten with the device', () => {
    const queue = new SlotQueue(LIMITS);
    queue.request('a', false);
    queue.grant(0);
    queue.forget('a');
    expect([queue.holders, queue.waiting, queue.holds('a')]).toEqual([0, 0, false]);
  });

  it('knows meters by their service', () => {
    expect([isShort(['180F', '1808']), isShort(['180D']), isShort([])]).toEqual([true, false, false]);
  });
});
