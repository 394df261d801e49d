// What is counted of one device, and in whole: numbers and codes only, so that no metric can tell a value.
import type { ErrorCode } from '@vitalseal/ledger';
import type { RecordId } from '../profiles/decoded.ts';
import { TokenBucket } from '../token-bucket.ts';
import { Flood } from './flood.ts';
import type { BleLimits } from './limits.ts';

export const COUNTS = [
  'ble_connections',
  'ble_readings',
  'ble_quarantined',
  /** Undecodable packets that came faster than they are kept. */
  'ble_quarantine_dropped',
  /** Packets not taken because their device floods, and how often one did. */
  'ble_throttled',
  'ble_floods',
  /** Live packets that the inbox did not keep. */
  'ble_lost',
  /** Stored records that the inbox did not keep: they are asked for again. */
  'ble_undelivered',
  /** Addresses that no rule lets in, and such that fit the rule of a device that is another one. */
  'ble_unknown',
  'ble_ambiguous',
] as const;

export type Tally = Record<(typeof COUNTS)[number], number>;

export function newTally(): Tally {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Tally;
}

const GLUCOSE = '2A18';
const GLUCOSE_CONTEXT = '2A34';
/** Glucose records whose context may still come. */
const MOST_PAIRS = 256;

export class Account {
  readonly device: string;
  readonly flood: Flood;
  readonly quarantine: TokenBucket;
  /** Of packets without a reading, which are no fault: they take no room from those that are. */
  readonly empties: TokenBucket;
  connections = 0;
  readings = 0;
  quarantined = 0;
  throttled = 0;
  lastSeenMs: number | null = null;
  lastReadingMs: number | null = null;
  /** Why its readings are not kept; null while they are. */
  problem: ErrorCode | null = null;
  #nextGroup = 0;
  readonly #pairs = new Map<number, { readonly group: number; readonly baseTime: string | null }>();

  constructor(device: string, limits: BleLimits, nowMs: number) {
    this.device = device;
    this.flood = new Flood(limits, nowMs);
    this.quarantine = new TokenBucket(limits.quarantinePerSecond, limits.quarantineBurst, nowMs);
    this.empties = new TokenBucket(limits.quarantinePerSecond, limits.quarantineBurst, nowMs);
  }

  /** One number a measurement since the start; a glucose record and its context, which come apart, share theirs. */
  groupOf(uuid: string, record: RecordId | null): number {
    if (record === null || (uuid !== GLUCOSE && uuid !== GLUCOSE_CONTEXT)) return this.#nextGroup++;
    const { sequence, baseTime } = record;
    const known = this.#pairs.get(sequence);
    if (known !== undefined && (uuid === GLUCOSE_CONTEXT || known.baseTime === baseTime)) return known.group;
    const group = this.#nextGroup++;
    if (uuid === GLUCOSE) {
      this.#pairs.delete(sequence);
      this.#pairs.set(sequence, { group, baseTime });
      if (this.#pairs.size > MOST_PAIRS) this.#pairs.delete(this.#pairs.keys().next().value as number);
    }
    return group;
  }
}
