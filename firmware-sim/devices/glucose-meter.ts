// A glucose meter whose wearer measures every five minutes of a day that passes sixty times as fast: a reading each five
// seconds, so that meals and lows are seen while one watches.
import type { Random } from '../random.ts';
import { type Emission, rounded } from '../reading.ts';
import { glucose } from '../signals/glucose.ts';

const EVERY_MS = 5000;
const MINUTES_A_READING = 5;
/** Clinically significant low (mg/dL), level 2 of the international consensus. */
const LOW = 54;

export function* glucoseMeter(random: Random): Generator<Emission> {
  const level = glucose(random.fork('glucose'));
  const wakes = Math.round(random.between(6 * 60, 7 * 60));
  for (let n = 0; ; n++) {
    const value = level(wakes + n * MINUTES_A_READING, MINUTES_A_READING);
    yield {
      atMs: n * EVERY_MS,
      readings: [{ code: 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD', unit: 'mg/dL', value: rounded(value, 0) }],
      alarm: value < LOW,
    };
  }
}
