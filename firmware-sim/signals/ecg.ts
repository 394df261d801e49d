// An electrocardiogram, lead II: five Gaussian waves on the circle of a heart beat (McSharry et al., IEEE Trans. Biomed.
// Eng. 50(3), 2003), with respiratory sinus arrhythmia, baseline wander and electrode noise.
import type { Random } from '../random.ts';

/** P, Q, R, S, T: angle on the circle (rad, R at 0), height (mV), width (rad). */
const WAVES = [
  [-1.22, 0.13, 0.22],
  [-0.26, -0.1, 0.09],
  [0, 1.1, 0.085],
  [0.27, -0.22, 0.09],
  [1.75, 0.3, 0.38],
] as const;

const NOISE_MV = 0.01;
const WANDER_MV = 0.05;
/** Share by which breathing in shortens a beat. */
const SINUS_ARRHYTHMIA = 0.05;

export interface EcgInput {
  /** Beats per minute. */
  heartRate: number;
  /** Breaths per minute. */
  respiration: number;
}

/** A function that gives the next `count` samples in millivolts, `periodUs` apart, under the given rates. */
export function ecg(periodUs: number, random: Random): (count: number, input: EcgInput) => Float64Array {
  const seconds = periodUs / 1e6;
  let beat = random.between(-Math.PI, Math.PI);
  let breath = random.between(0, 2 * Math.PI);
  return (count, { heartRate, respiration }) => {
    const samples = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      breath += (2 * Math.PI * respiration * seconds) / 60;
      const rate = (heartRate / 60) * (1 + SINUS_ARRHYTHMIA * Math.sin(breath));
      beat += 2 * Math.PI * rate * seconds;
      if (beat > Math.PI) beat -= 2 * Math.PI;
      let millivolt = WANDER_MV * Math.sin(breath) + NOISE_MV * random.normal();
      for (const [angle, height, width] of WAVES) {
        const distance = (beat - angle) / width;
        millivolt += height * Math.exp(-0.5 * distance * distance);
      }
      samples[i] = millivolt;
    }
    return samples;
  };
}
