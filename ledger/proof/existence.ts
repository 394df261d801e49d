// An existence proof, verified offline with every server dead: three files and a policy in, a verdict out. Everything
// but the policy is attacker-controlled input.
import { equalBytes, toHex } from '../encoding/bytes.ts';
import { type DecodedEntry, openEntry } from '../entries/codec.ts';
import type { Entry, EntryType } from '../entries/entry.ts';
import { VitalsealError } from '../errors.ts';
import { addressOf, formatAddress } from '../identity/address.ts';
import { type AcceptedCheckpoint, checkCheckpoint, oneWitnessSuffices } from '../log/accept.ts';
import { formatCheckpoint } from '../log/checkpoint.ts';
import { parseNote, signatureLines } from '../log/note.ts';
import { type Policy, parsePolicy } from '../log/policy.ts';
import { formatTlogProof, parseTlogProof } from '../log/tlog-proof.ts';
import type { Hash } from '../tree/hash.ts';
import { verifyInclusion } from '../tree/inclusion.ts';
import { decodeOwnPart, decodeProofExtra, encodeProofExtra, type ProofExtra } from './extra.ts';
import { type Between, verdictSentence } from './sentence.ts';
import { signerKeys } from './signer-keys.ts';

/** The files of a proof: the tlog-proof, the entry beside it (`.entry`), and for an older own entry the `.own` part. */
export interface ExistenceFiles {
  readonly proofText: string;
  readonly entry: Uint8Array;
  readonly own?: Uint8Array;
}

/** What was verified. Times are POSIX seconds; addresses and hashes are text. */
export interface Verdict extends Between {
  readonly sentence: string;
  readonly type: EntryType;
  readonly origin: string;
  readonly signer: string;
  readonly seq: number;
  /** Hex of the proven entry's leaf hash. */
  readonly leaf: string;
  /** Ledger index of the entry that the tlog-proof is of: the proven one, or with `own` the later one. */
  readonly index: number;
  /** Whether an older own entry is proven through the history of the one at `index`. */
  readonly throughHistory: boolean;
  /** Size of the tree that it was found in. */
  readonly size: number;
  readonly vouchedBy: readonly string[];
  /** True when one witness alone cosigned, and that makes the policy's quorum. */
  readonly alone: boolean;
  /** The proven entry itself. */
  readonly entry: Entry;
}

/**
 * What goes into a proof file. `seenNote` is the whole checkpoint note that the proven entry names in `seen`, where it is
 * held; `chain` as in ProofExtra.
 */
export interface ExistenceParts {
  readonly index: number;
  readonly path: readonly Hash[];
  readonly checkpoint: string;
  readonly seenNote?: string | null;
  readonly chain?: readonly Uint8Array[];
}

const NO_EXTRA: ProofExtra = { seenSignatures: null, chain: [] };

/** The tlog-proof text of a proof, its extra line included. */
export function formatExistenceProof({ seenNote = null, chain = [], ...proof }: ExistenceParts): string {
  const seenSignatures = seenNote === null ? null : signatureLines(parseNote(seenNote).signatures);
  return formatTlogProof({ ...proof, extra: encodeProofExtra({ seenSignatures, chain }) });
}

/**
 * Verifies a proof under a policy. Throws `policy_invalid`, `policy_unmet`, `checkpoint_invalid`, `note_invalid`,
 * `entry_invalid`, `signature_invalid`, `origin_mismatch`, `entry_needed` (an own part without the old entry's bytes)
 * or `proof_invalid`.
 */
export function verifyExistence(files: ExistenceFiles, policyText: string): Verdict {
  const policy = parsePolicy(policyText);
  const { index, path, checkpoint, extra } = parseTlogProof(files.proofText);
  const { seenSignatures, chain } = extra === undefined ? NO_EXTRA : decodeProofExtra(extra);

  const tree = checkCheckpoint(checkpoint, policy);
  const newest = openEntry(files.entry);
  if (newest.entry.origin !== tree.origin) throw new VitalsealError('origin_mismatch');
  if (!verifyInclusion(newest.leaf, index, tree.size, tree.root, path)) {
    throw new VitalsealError('proof_invalid', 'the entry is not at that index of the tree');
  }
  if (newest.entry.seen.size > index)
    throw new VitalsealError('proof_invalid', 'the entry saw a later tree than its own');
  const keys = signerKeys(tree.origin, newest.entry.signer, newest.kid, chain);
  const proven = files.own === undefined ? newest : openOwn(files.own, newest, keys);

  const between: Between = {
    notBefore: lowerBound(seenSignatures, proven.entry, newest.entry, policy, tree),
    notAfter: tree.cosignedAt?.latest ?? null,
  };
  const alone = tree.by.length === 1 && oneWitnessSuffices(policy);
  const via = proven === newest ? null : index;
  return {
    sentence: verdictSentence(proven.entry, between, { by: tree.by, alone }, via),
    type: proven.entry.type,
    origin: tree.origin,
    signer: formatAddress(proven.entry.signer),
    seq: proven.entry.seq,
    leaf: toHex(proven.leaf),
    index,
    throughHistory: via !== null,
    size: tree.size,
    ...between,
    vouchedBy: tree.by,
    alone,
    entry: proven.entry,
  };
}

/** The older entry of the same signer that `newest` commits to in its history. */
function openOwn(bytes: Uint8Array, newest: DecodedEntry, keys: readonly Uint8Array[]): DecodedEntry {
  const own = decodeOwnPart(bytes);
  if (own.entry === null) throw new VitalsealError('entry_needed');
  const older = openEntry(own.entry);
  const { entry } = older;
  if (entry.origin !== newest.entry.origin) throw new VitalsealError('origin_mismatch');
  if (!equalBytes(entry.signer, newest.entry.signer) || entry.seq !== own.seq) {
    throw new VitalsealError('proof_invalid', 'the older entry is not the one of that signer and seq');
  }
  // A registrar's rotation may have come before any entry of the chain; the first key is named by the address itself.
  const firstKey = equalBytes(addressOf(older.kid), entry.signer);
  if (!firstKey && !keys.some((key) => equalBytes(key, older.kid))) {
    throw new VitalsealError('proof_invalid', 'the key of the older entry is not shown to be the signer’s');
  }
  if (!verifyInclusion(older.leaf, own.seq, newest.entry.seq, newest.entry.history, own.path)) {
    throw new VitalsealError('proof_invalid', 'the older entry is not in the history of the newer one');
  }
  return older;
}

/**
 * The time of the checkpoint that the proven entry had seen: it cannot be older than what it names. Null when the
 * proof does not bring its signatures, or clocks that went backwards leave no bound.
 */
function lowerBound(
  signatures: string | null,
  proven: Entry,
  newest: Entry,
  policy: Policy,
  tree: AcceptedCheckpoint,
): number | null {
  if (signatures === null) return null;
  const notBefore = seenAt(proven, signatures, policy, newest);
  const notAfter = tree.cosignedAt?.latest ?? null;
  return notBefore !== null && notAfter !== null && notBefore > notAfter ? null : notBefore;
}

function seenAt(proven: Entry, signatures: string, policy: Policy, newest: Entry): number | null {
  try {
    const seen = checkCheckpoint(seenNoteOf(proven, signatures), policy);
    // The root of the empty tree is known to everybody beforehand: to have seen it dates nothing.
    return seen.size === 0 ? null : (seen.cosignedAt?.earliest ?? null);
  } catch (error) {
    if (proven === newest) throw error;
    // Beside an older entry the file may bring what the newer one saw: true, but no bound for the older.
    checkCheckpoint(seenNoteOf(newest, signatures), policy);
    return null;
  }
}

/** The note that the entry saw, as far as its signatures are those: the text is the entry's own claim. */
function seenNoteOf({ origin, seen }: Entry, signatures: string): string {
  return `${formatCheckpoint({ origin, ...seen })}\n${signatures}`;
}
