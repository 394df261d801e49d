import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Assembled, type Assembly, assemble, MAX_OBSERVATION, NO_ASSEMBLY } from './health-sensor-segments.ts';

/** A value as a sensor cuts it, with room for `size` octets a segment. */
function segments(value: Uint8Array, size: number, counter = 0): Uint8Array[] {
  const count = Math.ceil(value.length / size);
  return Array.from({ length: count }, (_, i) => {
    const header = (i === 0 ? 1 : 0) | (i === count - 1 ? 2 : 0) | (((counter + i) % 64) << 2);
    return Uint8Array.of(header, ...value.subarray(i * size, (i + 1) * size));
  });
}

function run(input: readonly Uint8Array[], from: Assembly = NO_ASSEMBLY): { steps: Assembled[]; assembly: Assembly } {
  const steps: Assembled[] = [];
  let assembly = from;
  for (const segment of input) {
    const step = assemble(assembly, segment);
    steps.push(step);
    assembly = step.assembly;
  }
  return { steps, assembly };
}

const wholes = (steps: readonly Assembled[]) => steps.flatMap(({ whole }) => (whole === null ? [] : [whole]));
const whys = (steps: readonly Assembled[]) => steps.flatMap(({ lost }) => (lost === null ? [] : [lost.why]));

const value = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => (from + i) % 251);
const observations = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 });

describe('segments of observations', () => {
  it('give back what was cut, at any size and from any count', () =>
    fc.assert(
      fc.property(observations, fc.integer({ min: 1, max: 60 }), fc.nat(63), (values, size, start) => {
        let counter = start;
        const sent = values.flatMap((each) => {
          const cut = segments(each, size, counter);
          counter += cut.length;
          return cut;
        });
        const { steps, assembly } = run(sent);
        expect(wholes(steps)).toEqual(values);
        expect(whys(steps)).toEqual([]);
        expect(assembly).toEqual(NO_ASSEMBLY);
      }),
    ));

  it('take one segment twice without noticing', () => {
    const sent = segments(value(50), 20).slice(0, 2);
    const [first, second] = sent as [Uint8Array, Uint8Array];
    const last = segments(value(50), 20)[2] as Uint8Array;
    const { steps } = run([first, first, second, second, last]);
    expect(wholes(steps)).toEqual([value(50)]);
    expect(whys(steps)).toEqual([]);
  });

  it('deliver two equal observations that each came in one segment', () => {
    const single = segments(value(10), 20)[0] as Uint8Array;
    expect(wholes(run([single, single]).steps)).toEqual([value(10), value(10)]);
  });

  it('never join across a gap, and go on with the next first', () => {
    const lost = segments(value(90), 20);
    const next = segments(value(30, 7), 20, lost.length);
    for (let gone = 0; gone < lost.length; gone++) {
      const { steps } = run([...lost.filter((_, i) => i !== gone), ...next]);
      expect(wholes(steps)).toEqual([value(30, 7)]);
      expect(whys(steps).length).toBeGreaterThan(0);
    }
  });

  it('give up what comes out of order', () => {
    const [a, b, c] = segments(value(50), 20) as [Uint8Array, Uint8Array, Uint8Array];
    const { steps } = run([a, c, b]);
    expect([wholes(steps), whys(steps)]).toEqual([[], ['gap', 'orphan']]);
    expect(run([b, c]).steps.map(({ lost }) => lost?.why)).toEqual(['orphan', 'orphan']);
  });

  it('hand over what they give up', () => {
    const [a, , c] = segments(value(50), 20) as [Uint8Array, Uint8Array, Uint8Array];
    const { steps } = run([a, c]);
    expect(steps[1]?.lost?.bytes).toEqual(Uint8Array.of(...value(20), ...value(50).subarray(40)));
  });

  it('end what has no end', () => {
    let assembly = NO_ASSEMBLY;
    let most = 0;
    const given: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const header = (i === 0 ? 1 : 0) | ((i % 64) << 2);
      const step = assemble(assembly, Uint8Array.of(header, ...value(i % 2 === 0 ? 243 : 1)));
      assembly = step.assembly;
      most = Math.max(most, assembly.bytes);
      if (step.lost !== null) given.push(step.lost.why);
    }
    expect(most).toBeLessThanOrEqual(MAX_OBSERVATION);
    expect(given[0]).toBe('endless');
    expect(assembly).toEqual(NO_ASSEMBLY);
  });

  it('stay bounded and never throw, whatever comes in whatever order', () =>
    fc.assert(
      fc.property(observations, fc.array(fc.tuple(fc.nat(2000), fc.nat(3)), { maxLength: 60 }), (values, picks) => {
        const sent = values.flatMap((each) => segments(each, 20));
        const mixed = picks.map(([at, how]) => {
          const segment = sent[at % sent.length] as Uint8Array;
          return how === 0
            ? segment.subarray(0, 1)
            : how === 1
              ? Uint8Array.of(at % 256, ...segment.subarray(1))
              : segment;
        });
        const { steps, assembly } = run([...mixed, new Uint8Array(0)]);
        expect(assembly.bytes).toBe(assembly.parts.reduce((sum, { length }) => sum + length, 0));
        expect(assembly.bytes).toBeLessThanOrEqual(MAX_OBSERVATION);
        expect(whys(steps).at(-1)).toBe('empty');
      }),
    ));

  it('keep nothing of the caller’s buffer', () => {
    const buffer = segments(value(30), 20);
    const first = assemble(NO_ASSEMBLY, buffer[0] as Uint8Array);
    buffer[0]?.fill(0xee);
    expect(assemble(first.assembly, buffer[1] as Uint8Array).whole).toEqual(value(30));
  });
});
