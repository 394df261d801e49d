// Capillary glucose through a day: a basal level, meals that raise it and insulin that brings it back (a two-compartment
// response), and now and then a low. Enough shape for charts and alarms; not a model to dose from.
import type { Random } from '../random.ts';
import { wandering } from './wander.ts';

const MEALS_AT_HOURS = [7.5, 12.5, 19];
/** Minutes until a meal's rise is highest. */
const PEAK_MINUTES = 55;

/** mg/dL by minutes since midnight, for a day drawn from `random`; it repeats with other meals each day. */
export function glucose(random: Random): (minute: number, passedMinutes: number) => number {
  const basal = wandering({ level: random.between(88, 118), spread: 7, memory: 5400, low: 48, high: 180 }, random);
  let day = -1;
  let rises: number[] = [];
  return (minute, passedMinutes) => {
    const today = Math.floor(minute / 1440);
    if (today !== day) {
      day = today;
      rises = MEALS_AT_HOURS.map(() => random.between(30, 110));
    }
    let value = basal(passedMinutes * 60);
    const ofDay = minute - today * 1440;
    MEALS_AT_HOURS.forEach((hour, i) => {
      const since = (ofDay - hour * 60) / PEAK_MINUTES;
      if (since > 0) value += (rises[i] ?? 0) * since * Math.exp(1 - since);
    });
    return Math.min(450, Math.max(40, value));
  };
}
