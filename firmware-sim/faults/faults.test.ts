import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { type FaultRates, faultLine, type Outgoing, parseFault } from './faults.ts';

const EMISSION = { atMs: 0, readings: [], alarm: false };
const message = (id: number): Outgoing => ({
  id,
  emission: EMISSION,
  bytes: Uint8Array.from({ length: 64 }, (_, i) => (id * 31 + i) & 255),
  readings: 1,
  intact: true,
});

function run(rates: FaultRates, count: number, seed = 1) {
  const line = faultLine(rates, seededRandom(seed));
  const offsets: number[] = [];
  const out: Outgoing[] = [];
  for (let id = 0; id < count; id++) {
    offsets.push(line.clockOffset());
    out.push(...line.pass(message(id)));
  }
  out.push(...line.flush());
  return { out, offsets, struck: line.struck };
}

describe('faults', () => {
  it('none: everything passes as it is', () => {
    const { out, offsets } = run({}, 100);
    expect(out).toEqual(Array.from({ length: 100 }, (_, id) => message(id)));
    expect(new Set(offsets)).toEqual(new Set([0]));
  });

  it('drop and duplicate: the counts add up', () => {
    const { out, struck } = run({ drop: 0.2, duplicate: 0.3 }, 2000);
    expect(out).toHaveLength(2000 - struck.drop + struck.duplicate);
    expect(struck.drop / 2000).toBeCloseTo(0.2, 1);
  });

  it('corrupt: other bytes of the same length, and marked', () => {
    const { out, struck } = run({ corrupt: 0.5 }, 1000);
    expect(out.filter(({ intact }) => !intact)).toHaveLength(struck.corrupt);
    const changed = out.filter(({ id, bytes }) => bytes.join() !== message(id).bytes.join());
    expect(changed.every(({ intact }) => !intact)).toBe(true);
    expect(changed.length).toBeGreaterThan(struck.corrupt * 0.9);
    expect(out.every(({ bytes }) => bytes.length === 64)).toBe(true);
  });

  it('burst: nothing lost, order kept, twenty at a time', () => {
    const line = faultLine({ burst: 0.1 }, seededRandom(4));
    const sizes = Array.from({ length: 500 }, (_, id) => line.pass(message(id)).length);
    expect(new Set(sizes)).toEqual(new Set([0, 1, 20]));
    expect(run({ burst: 0.1 }, 500).out.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, id) => id));
  });

  it('skew: the clock jumps and stays', () => {
    const { offsets, struck } = run({ skew: 0.01 }, 1000);
    expect(new Set(offsets).size).toBe(struck.skew + 1);
    expect(Math.max(...offsets.map(Math.abs))).toBeLessThanOrEqual(2 * 3600_000);
  });

  it('are the same for a seed, and one does not move another', () => {
    const { out } = run({ drop: 0.1 }, 300);
    expect(run({ drop: 0.1 }, 300).out).toEqual(out);
    const ids = new Set(run({ drop: 0.1, duplicate: 0.2, corrupt: 0.1 }, 300).out.map(({ id }) => id));
    expect(ids).toEqual(new Set(out.map(({ id }) => id)));
  });

  it.each([
    ['drop=0.5', { drop: 0.5 }],
    ['skew=1', { skew: 1 }],
    ['drop=1.1', null],
    ['drop=', null],
    ['fire=0.5', null],
    ['toString=0.5', null],
    ['drop=-1', null],
  ])('%s is read as %j', (text, rates) => {
    expect(parseFault(text)).toEqual(rates);
  });
});
