// SenML names are free, so only two kinds are recognised: an MDC reference id as the last part, and a few unmistakable
// words, and these only with a unit that fits. "temperature" alone is not here: it may be the room's.
import { type Term, termOfRefid } from './mdc.ts';

/** word → [reference id, the UCUM units that it may come in] */
const WORDS: ReadonlyMap<string, readonly [refid: string, units: readonly string[]]> = new Map([
  ['heart-rate', ['MDC_ECG_HEART_RATE', ['/min']]],
  ['heartrate', ['MDC_ECG_HEART_RATE', ['/min']]],
  ['hr', ['MDC_ECG_HEART_RATE', ['/min']]],
  ['pulse-rate', ['MDC_PULS_OXIM_PULS_RATE', ['/min']]],
  ['spo2', ['MDC_PULS_OXIM_SAT_O2', ['%']]],
  ['respiratory-rate', ['MDC_RESP_RATE', ['/min']]],
  ['respiration-rate', ['MDC_RESP_RATE', ['/min']]],
  ['resp-rate', ['MDC_RESP_RATE', ['/min']]],
  ['body-temperature', ['MDC_TEMP_BODY', ['Cel', '[degF]', 'K']]],
  ['bodytemp', ['MDC_TEMP_BODY', ['Cel', '[degF]', 'K']]],
  ['body-weight', ['MDC_MASS_BODY_ACTUAL', ['kg', 'g']]],
  ['body-height', ['MDC_LEN_BODY_ACTUAL', ['m', 'cm']]],
  ['etco2', ['MDC_CONC_AWAY_CO2_ET', ['mm[Hg]', 'kPa', 'Pa']]],
  ['battery', ['MDC_ATTR_VAL_BATT_CHARGE', ['%']]],
]);

/** The last part of a SenML name: what follows the last ':' or '/' . */
export function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(':'), name.lastIndexOf('/')) + 1);
}

/** The measurement that a resolved SenML name in a UCUM unit means; null when no table knows it. */
export function termOfSenml(name: string, ucum: string): Term | null {
  const part = lastPart(name);
  if (part.startsWith('MDC_')) return termOfRefid(part);
  const word = WORDS.get(part.toLowerCase().replaceAll('_', '-'));
  return word?.[1].includes(ucum) ? termOfRefid(word[0]) : null;
}
