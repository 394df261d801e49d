// What a glucose value was measured in, and where the sample came from: one octet that the Glucose service and the CGM
// service share (Type-Sample Location).
import { nameOf } from './bits.ts';
import type { Facts } from './decoded.ts';

const TYPES: Readonly<Record<number, string>> = {
  1: 'capillaryWholeBlood',
  2: 'capillaryPlasma',
  3: 'venousWholeBlood',
  4: 'venousPlasma',
  5: 'arterialWholeBlood',
  6: 'arterialPlasma',
  7: 'undeterminedWholeBlood',
  8: 'undeterminedPlasma',
  9: 'interstitialFluid',
  10: 'controlSolution',
};

const LOCATIONS: Readonly<Record<number, string>> = {
  1: 'finger',
  2: 'alternateSiteTest',
  3: 'earlobe',
  4: 'controlSolution',
  5: 'subcutaneousTissue',
  15: 'notAvailable',
};

/** Each kind of sample has an MDC term of its own, so that a test of the strip is never a person's glucose. */
const TERMS: Readonly<Record<number, string>> = {
  1: 'MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD',
  2: 'MDC_CONC_GLU_CAPILLARY_PLASMA',
  3: 'MDC_CONC_GLU_VENOUS_WHOLEBLOOD',
  4: 'MDC_CONC_GLU_VENOUS_PLASMA',
  5: 'MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD',
  6: 'MDC_CONC_GLU_ARTERIAL_PLASMA',
  7: 'MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD',
  8: 'MDC_CONC_GLU_UNDETERMINED_PLASMA',
  9: 'MDC_CONC_GLU_ISF',
  10: 'MDC_CONC_GLU_CONTROL',
};

export interface GlucoseSample {
  /** MDC reference id; `glucose` where the type is reserved. */
  readonly refid: string;
  readonly typeName: string;
  /** Null where it is no place on a body. */
  readonly bodySite: string | null;
  /** `type`, `typeName`, `sampleLocation`, `sampleLocationName`. */
  readonly facts: Facts;
}

/** The low four bits are the type, the high four the place. */
export function glucoseSample(octet: number): GlucoseSample {
  const type = octet & 15;
  const sampleLocation = octet >> 4;
  const typeName = nameOf(type, TYPES);
  const sampleLocationName = nameOf(sampleLocation, LOCATIONS);
  const onBody = sampleLocation in LOCATIONS && sampleLocation !== 4 && sampleLocation !== 15;
  return {
    refid: TERMS[type] ?? 'glucose',
    typeName,
    bodySite: onBody ? sampleLocationName : null,
    facts: { type, typeName, sampleLocation, sampleLocationName },
  };
}
