// A quantity that wanders around a level and is pulled back to it (Ornstein and Uhlenbeck's process): heart rate,
// saturation, temperature and flow all drift like this when nothing happens to the patient.
import type { Random } from '../random.ts';

export interface Wander {
  level: number;
  /** Standard deviation in the long run. */
  spread: number;
  /** Seconds in which a deviation fades to 37 %. */
  memory: number;
  low: number;
  high: number;
}

/** A function from seconds passed to the next value, inside [low, high]. */
export function wandering({ level, spread, memory, low, high }: Wander, random: Random): (seconds: number) => number {
  let deviation = spread * random.normal();
  return (seconds) => {
    const kept = Math.exp(-seconds / memory);
    deviation = deviation * kept + spread * Math.sqrt(1 - kept * kept) * random.normal();
    return Math.min(high, Math.max(low, level + deviation));
  };
}
