// What weight scales and body analysers share: the steps in which they count mass and height, in either system of
// units, and how fine they say that they measure.
import { nameOf } from './bits.ts';
import type { Facts } from './decoded.ts';

/** One count is `mantissa` × 10^`exponent` `unit`. */
export interface Step {
  readonly unit: string;
  readonly mantissa: number;
  readonly exponent: number;
}

export interface ScaleUnits {
  readonly mass: Step;
  readonly height: Step;
}

export const METRIC: ScaleUnits = {
  mass: { unit: 'kg', mantissa: 5, exponent: -3 },
  height: { unit: 'cm', mantissa: 1, exponent: -1 },
};

export const IMPERIAL: ScaleUnits = {
  mass: { unit: '[lb_av]', mantissa: 1, exponent: -2 },
  height: { unit: '[in_i]', mantissa: 1, exponent: -1 },
};

/** A count that stands for "measurement unsuccessful". */
export const UNSUCCESSFUL = 0xffff;

const MASS_RESOLUTIONS = {
  0: 'notSpecified',
  1: '0.5 kg or 1 lb',
  2: '0.2 kg or 0.5 lb',
  3: '0.1 kg or 0.2 lb',
  4: '0.05 kg or 0.1 lb',
  5: '0.02 kg or 0.05 lb',
  6: '0.01 kg or 0.02 lb',
  7: '0.005 kg or 0.01 lb',
};

const HEIGHT_RESOLUTIONS = {
  0: 'notSpecified',
  1: '0.01 m or 1 in',
  2: '0.005 m or 0.5 in',
  3: '0.001 m or 0.1 in',
};

/** The two small numbers that stand above the bits of a feature field: four bits of mass, three of height. */
export function resolutionFacts(features: number, firstBit: number): Facts {
  const mass = (features >>> firstBit) & 0b1111;
  const height = (features >>> (firstBit + 4)) & 0b111;
  return {
    massResolution: mass,
    massResolutionName: nameOf(mass, MASS_RESOLUTIONS),
    heightResolution: height,
    heightResolutionName: nameOf(height, HEIGHT_RESOLUTIONS),
  };
}
