// How long the BlueZ adapter waits for each thing, and how often it tries again. No call of the radio waits for ever.

export interface BluezTimeouts {
  /** Device1.Connect, a second attempt included. */
  readonly connectMs: number;
  /** From the link to the last characteristic. */
  readonly resolveMs: number;
  /** A read, a write, a subscription. */
  readonly gattMs: number;
  /** What still waits so long after a pairing was refused waits for that pairing, and for ever. */
  readonly unansweredMs: number;
  /** Every other call. */
  readonly callMs: number;
  /** Device1.Pair, with the time that a person takes to compare digits. BlueZ itself gives up after 60 s. */
  readonly pairMs: number;
  /** Between two looks at whether bus and host are alive: a dead bus is not always told. */
  readonly heartbeatMs: number;
  /** Pause before something is tried again: doubled from the first to the second. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Discovery that hears nothing for so long has stalled. */
  readonly stallMs: number;
  /** Fruitless restarts of discovery before the adapter is switched off and on. */
  readonly restartsBeforeCycle: number;
  /** At most one power cycle in so long; doubled to 16 times it as long as none helps. */
  readonly cycleEveryMs: number;
  /** How long the adapter stays off in a power cycle. */
  readonly offMs: number;
}

export const DEFAULT_TIMEOUTS: BluezTimeouts = {
  connectMs: 20_000,
  resolveMs: 15_000,
  gattMs: 10_000,
  unansweredMs: 2_000,
  callMs: 5_000,
  pairMs: 90_000,
  heartbeatMs: 10_000,
  retryMinMs: 500,
  retryMaxMs: 30_000,
  stallMs: 60_000,
  restartsBeforeCycle: 3,
  cycleEveryMs: 900_000,
  offMs: 500,
};
