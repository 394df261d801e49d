// The Record Access Control Point (2A52) from the collector's side: the three requests that we make, and what answers say.
// Records are never deleted on a device: this file does not know how.

const REPORT = 0x01;
const ABORT = 0x03;
const RESPONSE = 0x06;
const ALL = 0x01;
const FROM = 0x03;
/** Glucose: the sequence number; CGM: the time offset. */
const FILTER_SEQUENCE = 0x01;

export const REQUEST_ALL = Uint8Array.of(REPORT, ALL);
export const REQUEST_ABORT = Uint8Array.of(ABORT, 0);

/** "Report stored records, greater than or equal to"; inclusive. */
export function requestFrom(sequence: number): Uint8Array {
  return Uint8Array.of(REPORT, FROM, FILTER_SEQUENCE, sequence & 0xff, sequence >> 8);
}

export type RacpAnswer = { readonly to: 'report' | 'abort'; readonly says: Outcome };

/**
 * `complete`: all were sent. `none`: no record fits. `unsupported`: this request is not one that the device knows.
 * `incomplete`: it gave up.
 */
export type Outcome = 'complete' | 'none' | 'unsupported' | 'incomplete';

/** Null for what is no answer to us: the caller goes on waiting. */
export function racpAnswer(bytes: Uint8Array): RacpAnswer | null {
  if (bytes.length !== 4 || bytes[0] !== RESPONSE) return null;
  const to = bytes[2] === REPORT ? 'report' : bytes[2] === ABORT ? 'abort' : null;
  return to === null ? null : { to, says: outcome(bytes[3] ?? 0) };
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
