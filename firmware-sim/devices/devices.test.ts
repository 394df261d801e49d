import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { decimalText, type Emission } from '../reading.ts';
import { emissionsOf, KINDS, type Kind } from './kinds.ts';

const SEEDS = Array.from({ length: 12 }, (_, i) => i);

/** [low, high, largest step from one reading to the next] that a living patient, or a working pump, may show. */
const PLAUSIBLE: Readonly<Record<string, readonly [number, number, number]>> = {
  MDC_ECG_HEART_RATE: [40, 160, 10],
  MDC_PULS_OXIM_SAT_O2: [84, 100, 4],
  MDC_PULS_OXIM_PULS_RATE: [38, 162, 12],
  MDC_RESP_RATE: [6, 35, 5],
  MDC_TEMP_BODY: [35, 40, 0.3],
  MDC_PRESS_BLD_NONINV_SYS: [80, 200, 30],
  MDC_PRESS_BLD_NONINV_DIA: [45, 140, 20],
  MDC_PRESS_BLD_NONINV_MEAN: [55, 160, 25],
  MDC_ECG_ELEC_POTL_II: [-1, 2, 3],
  MDC_FLOW_FLUID_PUMP: [0, 140, 140],
  MDC_VOL_FLUID_DELIV: [0, 1000, 0.1],
  MDC_VOL_FLUID_TBI_REMAIN: [0, 500, 500],
  MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD: [40, 450, 40],
};

function take(kind: Kind, seed: number | string, count: number): Emission[] {
  const emissions = KINDS[kind](seededRandom(seed));
  return Array.from({ length: count }, () => emissions.next().value as Emission);
}

/** Values by code, samples included. */
function values(emissions: readonly Emission[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { code, value } of emissions.flatMap(({ readings }) => readings)) {
    if (value.kind === 'text') continue;
    const numbers =
      value.kind === 'decimal'
        ? [Number(decimalText(value))]
        : Array.from(value.samples, (sample) => sample * value.scale.mantissa * 10 ** value.scale.exponent);
    const list = found.get(code) ?? [];
    found.set(code, list);
    for (const number of numbers) list.push(number);
  }
  return found;
}

describe.each(Object.keys(KINDS) as Kind[])('%s', (kind) => {
  it('stays plausible for every seed', () => {
    for (const seed of SEEDS) {
      for (const [code, numbers] of values(take(kind, seed, 600))) {
        const [low, high, step] = PLAUSIBLE[code] ?? [0, 0, 0];
        const steps = numbers.slice(1).map((value, i) => Math.abs(value - (numbers[i] as number)));
        const least = (list: number[], pick: (a: number, b: number) => number) =>
          list.reduce((a, b) => pick(a, b), list[0] ?? 0);
        expect(least(numbers, Math.min), code).toBeGreaterThanOrEqual(low);
        expect(least(numbers, Math.max), code).toBeLessThanOrEqual(high);
        expect(least(steps, Math.max), code).toBeLessThanOrEqual(step + 1e-9);
      }
    }
  });

  it('repeats itself for a seed, and differs for another', () => {
    expect(take(kind, 7, 50)).toEqual(take(kind, 7, 50));
    expect(take(kind, 7, 50)).not.toEqual(take(kind, 8, 50));
  });
});

describe('the monitor', () => {
  it('shows as many R waves as its heart rate says', () => {
    const found = values(take('monitor', 3, 120));
    const rates = found.get('MDC_ECG_HEART_RATE') ?? [];
    const ecg = found.get('MDC_ECG_ELEC_POTL_II') ?? [];
    const beats = ecg.filter((value, i) => value >= 0.6 && (ecg[i - 1] ?? 1) < 0.6).length;
    const expected = rates.reduce((sum, rate) => sum + rate, 0) / 60;
    expect(ecg).toHaveLength(120 * 250);
    expect(Math.abs(beats - expected)).toBeLessThan(expected * 0.05);
  });
});

describe('the pump', () => {
  const hours = take('pump', 5, 6 * 3600);

  it('delivers what it takes from the bag, and never less than before', () => {
    const delivered = values(hours).get('MDC_VOL_FLUID_DELIV') ?? [];
    expect(delivered).toHaveLength(hours.length);
    expect(delivered.findIndex((value, i) => value < (delivered[i - 1] ?? 0))).toBe(-1);
  });

  it('alarms when it stops, tells each state once, and stands still in an occlusion', () => {
    const states = hours.flatMap(({ readings, alarm }) =>
      readings.flatMap(({ code, value }) =>
        code === 'MDC_PUMP_STAT' && value.kind === 'text' ? [[value.text, alarm]] : [],
      ),
    );
    expect(states[0]).toEqual(['infusing', false]);
    expect(states.some(([state, alarm]) => state === 'occlusion' && alarm === true)).toBe(true);
    expect(hours.filter(({ alarm }) => alarm)).toHaveLength(states.filter(([state]) => state !== 'infusing').length);
    const stopped = values(hours).get('MDC_FLOW_FLUID_PUMP') ?? [];
    expect(stopped).toContain(0);
  });
});

describe('several devices as one', () => {
  it('come in order of time, and do not change each other', () => {
    const together = emissionsOf(['pump', 'glucose'], seededRandom(1));
    const some = Array.from({ length: 60 }, () => together.next().value as Emission);
    some.forEach(({ atMs }, i) => {
      expect(atMs).toBeGreaterThanOrEqual(some[i - 1]?.atMs ?? 0);
    });
    const alone = emissionsOf(['pump'], seededRandom(1));
    expect(some.filter(({ readings }) => readings[0]?.code.includes('FLOW'))[9]).toEqual(
      Array.from({ length: 10 }, () => alone.next().value as Emission)[9],
    );
  });
});
