// The Record Access Control Point (2A52) from the collector's side: the three requests that we make, and what answers say.
// Records are never deleted on a device: this file does not know how.
import type { Asking } from './services.ts';

const REPORT = 0x01;
const ABORT = 0x03;
const RESPONSE = 0x06;
const COMBINED_REPORT = 0x07;
const COMBINED_RESPONSE = 0x08;
const ALL = 0x01;
const FROM = 0x03;
/** Glucose: the sequence number; CGM: the time offset; a health sensor: the record number. */
const FILTER_NUMBER = 0x01;

export const REQUEST_ABORT = Uint8Array.of(ABORT, 0);

export function requestAll({ report }: Asking): Uint8Array {
  return Uint8Array.of(report, ALL);
}

/** "Greater than or equal to": inclusive. The number is little-endian, in as many bits as the service has. */
export function requestFrom({ report, numberBits }: Asking, number: number): Uint8Array {
  const octets = Array.from({ length: numberBits / 8 }, (_, i) => Math.floor(number / 2 ** (8 * i)) % 256);
  return Uint8Array.of(report, FROM, FILTER_NUMBER, ...octets);
}

export interface RacpAnswer {
  readonly to: 'report' | 'abort';
  readonly says: Outcome;
  /** Of a combined report: how many records were sent; null else. */
  readonly count: number | null;
}

/**
 * `complete`: all were sent. `none`: no record fits. `unsupported`: this request is not one that the device knows.
 * `incomplete`: it gave up.
 */
export type Outcome = 'complete' | 'none' | 'unsupported' | 'incomplete';

/** Null for what is no answer to us: the caller goes on waiting. */
export function racpAnswer(bytes: Uint8Array): RacpAnswer | null {
  if (bytes[0] === COMBINED_RESPONSE) {
    const count = bytes.subarray(2).reduceRight((sum, octet) => sum * 256 + octet, 0);
    return bytes.length > 2 && bytes.length <= 6 ? { to: 'report', says: 'complete', count } : null;
  }
  if (bytes.length !== 4 || bytes[0] !== RESPONSE) return null;
  const isReport = bytes[2] === REPORT || bytes[2] === COMBINED_REPORT;
  const to = isReport ? 'report' : bytes[2] === ABORT ? 'abort' : null;
  return to === null ? null : { to, says: outcome(bytes[3] ?? 0), count: null };
}

function outcome(value: number): Outcome {
  switch (value) {
    case 1:
      return 'complete';
    case 6:
      return 'none';
    // Op code, operator (invalid, not supported), operand (invalid, not supported).
    case 2:
    case 3:
    case 4:
    case 5:
    case 9:
      return 'unsupported';
    default:
      return 'incomplete';
  }
}
