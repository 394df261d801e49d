// The commit points of the vault, by name. Each is one transaction (or one move of the key slots) that either survives a
// power cut or never was; tests kill the process before and after each of them.

import type { Lanes } from '../inbox/lanes.ts';
import type { Chains } from './chains.ts';
import type { Store } from './store.ts';

export type CommitPoint =
  /** Readings, their counters and message ids are in the inbox: devices get their acknowledgement. */
  | 'segment-commit'
  /** An epoch is in the outbox with its envelopes. Killed before its key is in the slots: another epoch opens. */
  | 'epoch-transaction'
  /** A record is in the outbox and its readings have left the inbox. */
  | 'seal-transaction'
  /** Readings that cannot be sealed yet have left the inbox for a chain of their own. */
  | 'hold-transaction'
  /** Held readings of a device have an owner and counters. */
  | 'give-transaction'
  /** Readings are lost to the bounded spool, and a tombstone says so. */
  | 'drop-transaction'
  /** The keys of what left are gone for good. */
  | 'slot-move'
  /** Signed bytes are kept: only now may they be sent. */
  | 'outbox-signed'
  /** Proven entries are 32 bytes each; payloads and blobs are gone. */
  | 'proven';

/** A test's hook; the real one does nothing. */
export type Faults = (point: CommitPoint, when: 'before' | 'after') => void;

export interface Points {
  /** One named transaction; durable once it has returned, and the lanes in memory agree with it. */
  commit<T>(point: CommitPoint, work: () => T): T;
  /** Moves the slots; on failure (`disk_full`) the move waits for the next one, which is safe: starts ratchet forward. */
  moveSlots(): void;
}

export function createPoints(store: Store, chains: Chains, lanes: Lanes, faults: Faults): Points {
  return {
    commit(point, work) {
      faults(point, 'before');
      let committed = false;
      try {
        const result = store.transaction(work);
        committed = true;
        return result;
      } finally {
        lanes.settle(committed);
        if (committed) faults(point, 'after');
      }
    },
    moveSlots() {
      faults('slot-move', 'before');
      try {
        chains.save();
      } catch {
        return; // the keys of what left linger in one slot until the disk takes writes again
      }
      faults('slot-move', 'after');
    },
  };
}
