// Every bound on what one payload may hold, in one place: work and memory are limited before anything is decoded.
import { VitalsealError } from '@vitalseal/ledger';

export const BOUNDS = {
  /** Bytes of one payload. */
  payloadBytes: 256 * 1024,
  /** Readings of one message. */
  readings: 4096,
  /** Samples of one block. */
  samples: 32_768,
  /** Nesting of arrays and objects; our own JSON needs 4. */
  depth: 8,
  /** Members of one object. */
  members: 64,
  /** UTF-16 units of any text. */
  text: 4096,
  /** UTF-16 units of a name or code, of a unit, and of a time. */
  name: 256,
  unit: 64,
  time: 64,
  /** Bytes of a data value (SenML `vd`). */
  data: 65_536,
  /** Decimal exponents, and decimal digits of a number in the source. */
  exponent: 400,
  digits: 64,
} as const;

/** The payload does not decode as its topic says. `why` names the rule and never holds anything of the payload. */
export function malformed(why: string): VitalsealError {
  return new VitalsealError('payload_malformed', why);
}

/** A value is outside what a reading can hold. */
export function badValue(why: string): VitalsealError {
  return new VitalsealError('value_malformed', why);
}
