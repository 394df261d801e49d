// What one group commit carries from the broker's thread to the vault's: the readings of many messages, already encoded,
// in one array buffer that changes hands.

import type { Address, ErrorCode } from '@vitalseal/ledger';

/** Readings of one owner, or of one device that is nobody's (`owner` null), as an encoded segment without counters. */
export interface GroupPart {
  readonly owner: Address | null;
  readonly device: string | null;
  readonly count: number;
  readonly alarm: boolean;
  readonly bytes: Uint8Array;
}

export interface Quarantined {
  readonly wallMs: number;
  readonly device: string | null;
  readonly reason: ErrorCode;
  readonly bytes: Uint8Array;
}

/** Counted on the broker's thread since the last group. */
export interface GroupCounts {
  readonly duplicates: number;
  readonly unacknowledged: number;
  readonly unmapped: number;
}

export interface Group {
  readonly parts: readonly GroupPart[];
  readonly quarantined: readonly Quarantined[];
  /** Ids of the messages in it, as in inbox/recent.ts. */
  readonly ids: Uint8Array;
  readonly counts: GroupCounts;
}
