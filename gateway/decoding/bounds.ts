// Every bound on what one payload may hold, in one place: work and memory are limited before anything is decoded.
import { canonicalText, VitalsealError } from '@vitalseal/ledger';

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
  /** UTF-8 bytes of any text value. */
  text: 4096,
  /** UTF-8 bytes of a name or code, of a unit, and of a time. */
  name: 256,
  unit: 64,
  time: 64,
  /** Microseconds from one sample to the next: at most an hour. */
  periodUs: 3_600_000_000,
  /** Bytes of a data value (SenML `vd`). */
  data: 65_536,
  /** Decimal exponents, up and down. */
  exponent: 400,
} as const;

/** The payload does not decode as its topic says. `why` names the rule and never holds anything of the payload. */
export function malformed(why: string): VitalsealError {
  return new VitalsealError('payload_malformed', why);
}

/** A value is outside what a reading can hold. */
export function badValue(why: string): VitalsealError {
  return new VitalsealError('value_malformed', why);
}

/** The text in the form in which it will be encoded (NFC), at most `limit` UTF-8 bytes. Throws `payload_malformed`. */
export function boundedText(text: string, limit: number): string {
  if (text.length > limit) throw malformed('text too long');
  const canonical = canonicalText(text);
  if (canonical.length * 3 > limit && Buffer.byteLength(canonical) > limit) throw malformed('text too long');
  return canonical;
}
