// What the Bluetooth side takes on: every bound that a device, allowed or not, can run into.
import type { SessionLimits } from './session/state.ts';

export interface BleLimits {
  /** Links at once: what the adapter holds. */
  readonly connections: number;
  /** While others wait, a link that is live is given up after so long (ms), and one that is being set up or fetches records after `busyTurnMs`. */
  readonly turnMs: number;
  readonly busyTurnMs: number;
  /** A device that is heard for half a minute does not wait for a turn to end, only for so long (ms). */
  readonly shortTurnMs: number;
  /** How long a device that gave its slot up keeps quiet (ms). */
  readonly yieldMs: number;
  /** Packets a second and bytes a second of one device, over time; two seconds' worth may come at once. */
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  /** How long a device that sends more is left alone (ms): doubled each time that it goes on, up to eight times. */
  readonly floodMs: number;
  /** Undecodable packets of one device that are kept: a second over time, and at once. */
  readonly quarantinePerSecond: number;
  readonly quarantineBurst: number;
  /** Devices around whose last sighting is remembered, and for how long it is shown (ms). */
  readonly heard: number;
  readonly heardMs: number;
  /** Deliveries on their way to the inbox. */
  readonly inFlight: number;
  /** How long a pairing listens for its device (ms). */
  readonly pairWaitMs: number;
  /** How long stop() waits for what is in flight, and then for the links to end (ms each). */
  readonly stopMs: number;
  /** Of each session. */
  readonly session: Partial<SessionLimits>;
}

export const DEFAULT_BLE_LIMITS: BleLimits = {
  connections: 5,
  turnMs: 30_000,
  busyTurnMs: 180_000,
  shortTurnMs: 5_000,
  yieldMs: 1_000,
  packetsPerSecond: 500,
  bytesPerSecond: 64 * 1024,
  floodMs: 30_000,
  quarantinePerSecond: 5,
  quarantineBurst: 256,
  heard: 512,
  heardMs: 60_000,
  inFlight: 8192,
  pairWaitMs: 20_000,
  stopMs: 5_000,
  session: {},
};
