// Reading as the owner: everything a facility holds for this person, checked from the identity file up. What cannot be
// read is said, and does not keep the rest from being read.
import {
  type ErrorCode,
  type FacilityClient,
  type IdentityFile,
  type Inflate,
  isVitalsealError,
  signingKeyOf,
  toHex,
} from '@vitalseal/ledger';
import { TrustedLog, trustedPolicy } from '../trust/trust.ts';
import { chosen, type Listed, listRecords, type Wish } from './listing.ts';
import { type EpochChains, type OpenedRecord, openListed } from './open.ts';
import { type ReadingRow, readingRow } from './rows.ts';

/** How long to wait for the checkpoint that holds the newest record: registered is soon final. */
const FINALITY_SECONDS = 5;

/** A record that was read, with what proves it. */
export interface ReadRecord {
  /** Hex of the record id. */
  readonly record: string;
  readonly version: number;
  readonly index: number;
  readonly listed: Listed<'record.register'>;
  readonly inclusion: OpenedRecord['inclusion'];
  readonly rows: readonly ReadingRow[];
}

/** A record that could not be read, and why; nothing of it is shown. */
export interface UnreadRecord {
  readonly record: string;
  readonly version: number;
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ReadOutcome {
  /** The policy that all of it was checked under. */
  readonly policyText: string;
  readonly read: readonly ReadRecord[];
  readonly unread: readonly UnreadRecord[];
}

export interface ReadOptions {
  readonly identity: IdentityFile;
  readonly client: FacilityClient;
  readonly wish: Wish;
  readonly inflate: Inflate;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Reads one record or all. Throws when nothing can be trusted (`policy_mismatch`, `policy_unmet`, `checkpoint_forked`,
 * `answer_invalid`), asked for (`not_found`) or reached (`facility_unreachable`); a fault of one record alone is told in
 * `unread`.
 */
export async function readRecords({ identity, client, wish, inflate, now }: ReadOptions): Promise<ReadOutcome> {
  const policyText = await client.policy();
  const policy = trustedPolicy(policyText, identity.policy);
  const listing = await listRecords(client, identity.origin, identity.address);
  const newest = listing.records.at(-1)?.index ?? 0;
  const note = await client.checkpoint({ min: newest + 1, waitSeconds: FINALITY_SECONDS });
  const log = TrustedLog.open(policy, note, identity.origin);
  const auth = { key: signingKeyOf(identity.signingKey), now };
  const chains: EpochChains = new Map();
  const read: ReadRecord[] = [];
  const unread: UnreadRecord[] = [];
  for (const listed of chosen(listing, wish)) {
    const { recordId, version } = listed.entry.body;
    const name = { record: toHex(recordId), version, index: listed.index };
    if (listed.index >= log.held.size) {
      unread.push({ ...name, code: 'checkpoint_stale', message: 'not in a final checkpoint yet' });
      continue;
    }
    try {
      const opener = { client, log, auth, identity: identity.identity, inflate };
      const { readings, inclusion } = await openListed(listed, listing, chains, opener);
      read.push({ ...name, listed, inclusion, rows: readings.map((reading) => readingRow(reading, name.record)) });
    } catch (error) {
      if (!isVitalsealError(error) || !OF_ONE_RECORD.has(error.code)) throw error;
      unread.push({ ...name, code: error.code, message: error.message });
    }
  }
  return { policyText, read, unread };
}

/** Faults that say something about one record, rather than about the facility or the way to it. */
const OF_ONE_RECORD: ReadonlySet<ErrorCode> = new Set([
  'blob_damaged',
  'blob_missing',
  'entry_invalid',
  'envelope_invalid',
  'envelope_missing',
  'epoch_unknown',
  'payload_unsupported',
  'proof_invalid',
]);
