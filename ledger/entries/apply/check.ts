// The only judge of an entry. Admission asks it early and the ordering engine asks it in ledger order; both get the same
// answer for the same state, on every node. Cheap checks come before dear ones, and nothing is written here.

import type { Hash } from '../../crypto.ts';
import { equalBytes } from '../../encoding/bytes.ts';
import { VitalsealError } from '../../errors.ts';
import { Frontier } from '../../tree/frontier.ts';
import { emptyRoot } from '../../tree/hash.ts';
import { checkEntrySignature, type DecodedEntry, decodeEntry } from '../codec.ts';
import type { EntryType } from '../entry.ts';
import { deviceDelegate, deviceEnd } from './device-delegate.ts';
import { epochOpen } from './epoch-open.ts';
import { keyRotate } from './key-rotate.ts';
import { notice } from './notice.ts';
import { recordRegister } from './record-register.ts';
import type { Proposed, Rule } from './rule.ts';
import { userRegister } from './user-register.ts';
import type { Effect, LedgerView } from './view.ts';

const RULES: { readonly [T in EntryType]: Rule<T> } = {
  'user.register': userRegister,
  'key.rotate': keyRotate,
  'device.delegate': deviceDelegate,
  'device.end': deviceEnd,
  'epoch.open': epochOpen,
  'record.register': recordRegister,
  notice,
};

/** Valid: the entry gets `index`, and `effects` are to be carried out. Or it is in the ledger already, unchanged. */
export type Checked =
  | { readonly decoded: DecodedEntry; readonly duplicate: null; readonly index: number; readonly effects: Effect[] }
  | { readonly decoded: DecodedEntry; readonly duplicate: { readonly index: number }; readonly effects: [] };

export interface CheckOptions {
  /** True when the signature by the entry's `kid` was verified before, for example at admission. */
  readonly signatureChecked?: boolean;
}

/**
 * Judges `bytes` against the state. Throws the code with which it is refused: those of decodeEntry, then
 * `origin_mismatch`, `seq_taken`, `seq_gap`, `history_mismatch`, `seen_mismatch`, `signer_unknown`,
 * `signature_invalid`, and those of the entry type's rule.
 */
export function checkEntry(view: LedgerView, bytes: Uint8Array, options: CheckOptions = {}): Checked {
  return checkDecodedEntry(view, decodeEntry(bytes), options);
}

/** checkEntry for an entry that is decoded already. */
export function checkDecodedEntry(view: LedgerView, decoded: DecodedEntry, options: CheckOptions = {}): Checked {
  const { entry, kid, leaf } = decoded;
  if (entry.origin !== view.origin) throw new VitalsealError('origin_mismatch');

  const state = view.signer(entry.signer);
  const next = state?.seq ?? 0;
  if (entry.seq < next) {
    const taken = view.entryAt(entry.signer, entry.seq);
    if (taken === null || !equalBytes(taken.leaf, leaf)) throw new VitalsealError('seq_taken');
    return { decoded, duplicate: { index: taken.index }, effects: [] };
  }
  if (entry.seq > next) throw new VitalsealError('seq_gap', undefined, { next });

  const own = state === null ? new Frontier() : Frontier.from(state.frontier);
  if (!equalBytes(own.root(), entry.history)) throw new VitalsealError('history_mismatch');
  const root: Hash | null = entry.seen.size === 0 ? emptyRoot : view.rootAt(entry.seen.size);
  if (root === null || !equalBytes(root, entry.seen.root)) throw new VitalsealError('seen_mismatch');

  // The founder comes first, then everybody else.
  if (view.size() === 0 && entry.type !== 'user.register') throw new VitalsealError('signer_unknown');
  const index = view.size();
  if (options.signatureChecked !== true) checkEntrySignature(decoded);
  const proposed = { view, entry, kid, leaf, index } as Proposed<EntryType>;
  const effects = (RULES[entry.type] as Rule<EntryType>)(proposed);

  own.append(leaf);
  effects.push({
    kind: 'put-signer',
    address: entry.signer,
    seq: entry.seq,
    leaf,
    index,
    signer: { seq: own.size, frontier: { size: own.size, peaks: own.peaks } },
  });
  return { decoded, duplicate: null, index, effects };
}
