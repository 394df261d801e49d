// When the messages that wait become one group commit. A commit costs an fsync and some pages whatever is in it, so the
// rule waits as long as an acknowledgement may take, and no longer than waiting can gain anything. Pure.

export const PACE = {
  /** Commit at once from here on. */
  bytes: 64 * 1024,
  /** A group takes no more from here on, whatever is under way: one lane's share must fit a record. */
  largest: 256 * 1024,
  /** Commit at once from here on when the vault has nothing to do. */
  messages: 64,
  /** The oldest message never waits longer: acknowledgements come within 250 ms. */
  oldestMs: 200,
  /** Nothing came for so long, and waiting more would gain nothing: senders are few and slow. */
  quietMs: 40,
  /** The same when a sender seems to wait for its acknowledgement before it sends more. */
  promptedQuietMs: 8,
  /** … and for so many times the usual gap within a group: whoever sends steadily is never waiting for anything. */
  promptedStrides: 3,
  /** A message so soon after an acknowledgement counts as prompted by it. */
  promptedMs: 10,
  /** Commits under way at once: one is written while the next one is prepared. */
  underWay: 2,
} as const;

export interface Waiting {
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAt: number;
  readonly newestAt: number;
  /** One of them came right after an acknowledgement. */
  readonly prompted: boolean;
  /** Milliseconds between messages, smoothed. */
  readonly spacingMs: number;
  /** The same, of messages within one group: what senders that wait for their acknowledgement send at once lies close. */
  readonly strideMs: number;
}

/** The time (same clock as `oldestAt`) at which the group is to be committed: now or earlier = at once; null = when a commit under way ends. */
export function commitAt(waiting: Waiting, underWay: number): number | null {
  if (underWay >= PACE.underWay) return null;
  if (waiting.bytes >= PACE.bytes || (underWay === 0 && waiting.messages >= PACE.messages)) return waiting.oldestAt;
  const latest = waiting.oldestAt + PACE.oldestMs;
  if (waiting.prompted) {
    const quietMs = Math.max(PACE.promptedQuietMs, PACE.promptedStrides * waiting.strideMs);
    return Math.min(latest, waiting.newestAt + quietMs);
  }
  // Senders that come more often than this fill the group while it waits.
  if (waiting.spacingMs > PACE.oldestMs) return Math.min(latest, waiting.newestAt + PACE.quietMs);
  return latest;
}
