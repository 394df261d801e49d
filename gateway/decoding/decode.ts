// From the bytes of one message to its readings, by the format that the topic names. The only errors are those of a
// payload that does not decode; whatever else is thrown would be a fault of ours, and is turned into one of them too,
// since a hostile payload must never take the broker down.

import { isUtf8 } from 'node:buffer';
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import type { UncountedReading } from '../contract.ts';
import { BOUNDS, malformed } from './bounds.ts';
import { decodeOwnJson } from './own-json.ts';
import { readingsOfSenml } from './senml/readings.ts';
import { senmlFromCbor, senmlFromJson } from './senml/record.ts';
import { resolveSenml } from './senml/resolve.ts';
import type { Stamp } from './stamp.ts';

/** The last level of a device's topic. */
export type PayloadFormat = 'json' | 'senml' | 'senml-cbor';
export const PAYLOAD_FORMATS: readonly PayloadFormat[] = ['json', 'senml', 'senml-cbor'];

export interface Decoded {
  readonly readings: UncountedReading[];
  readonly alarm: boolean;
}

/**
 * Decodes one payload. Throws a VitalsealError: `payload_too_large`, `payload_malformed`, `payload_unsupported`,
 * `value_malformed` or `time_malformed`; its message names the rule that was broken, never the content.
 */
export function decodePayload(format: PayloadFormat, payload: Uint8Array, stamp: Stamp): Decoded {
  if (payload.length > BOUNDS.payloadBytes) throw new VitalsealError('payload_too_large');
  try {
    if (format === 'json') return decodeOwnJson(textOf(payload), stamp);
    const records = format === 'senml' ? senmlFromJson(textOf(payload)) : senmlFromCbor(payload);
    return { readings: readingsOfSenml(resolveSenml(records), stamp), alarm: false };
  } catch (error) {
    if (isVitalsealError(error)) throw error;
    throw new VitalsealError('payload_malformed', 'the decoder failed');
  }
}

function textOf(payload: Uint8Array): string {
  if (!isUtf8(payload)) throw malformed('not UTF-8');
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
}
