// What a refusal is about. A code may condemn one item, or say that agent and ledger disagree about who stands where, or
// be no judgement of the item at all; taking one for another would lose a record or loop for ever.
import { type ErrorCode, isRetryable } from '@vitalseal/ledger';

/**
 * `item`: this one will never be registered. `conflict`: ask the ledger what it holds of us. `upload`: what the entry
 * names must be stored again first. `hold`: nothing about the item; the same bytes are sent again later.
 */
export type Refused = 'item' | 'conflict' | 'upload' | 'hold';

const CONFLICT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['seq_taken', 'seq_gap', 'history_mismatch']);
const UPLOAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['blob_missing', 'envelopes_missing']);
/** Permanent by the registry, but about the identity, the log or the facility, never about one item. */
const HOLD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'signer_unknown',
  'origin_mismatch',
  'seen_mismatch',
  'request_unauthorised',
  'request_invalid',
  'method_not_allowed',
  'not_found',
  'internal',
  'store_damaged',
  'transport_refused',
  'policy_mismatch',
]);

/** What a facility's refusal of an entry or upload with this code means. `retry` is what the refusal itself says. */
export function meaningOf(code: ErrorCode, retry = isRetryable(code)): Refused {
  if (CONFLICT.has(code)) return 'conflict';
  if (UPLOAD.has(code)) return 'upload';
  if (retry || HOLD.has(code)) return 'hold';
  return 'item';
}
