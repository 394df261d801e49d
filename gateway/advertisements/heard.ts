// A reading that was heard in an advertisement: anybody can send one, which its context says.
import type { Value } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import type { Facts, Measurement } from '../profiles/decoded.ts';
import { type MeasuredOptions, measured } from '../profiles/measured.ts';

/** As `measured`, marked as advertised. */
export function heard(refid: string, unit: string, value: Value, options: MeasuredOptions = {}): Measured {
  return measured(refid, unit, value, { ...options, context: { ...options.context, advertised: true } });
}

/** One measurement; no RACP stores it. */
export function heardTogether(bytes: Uint8Array, readings: readonly Measured[], facts: Facts): Measurement {
  return { readings, facts, record: null, bytes };
}
