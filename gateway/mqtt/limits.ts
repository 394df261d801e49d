// What one broker takes on: every bound that a device, known or not, can run into.

export interface BrokerLimits {
  /** Bytes of one payload; the largest packet is this and 1,024 more. */
  readonly payloadBytes: number;
  /** UTF-8 bytes and levels of a topic. */
  readonly topicBytes: number;
  readonly topicLevels: number;
  /** Connections at once: all of them, those not yet logged in, those not yet logged in from one address, one user's. */
  readonly connections: number;
  readonly strangers: number;
  readonly strangersPerAddress: number;
  readonly connectionsPerUser: number;
  /** Messages a second and bytes a second of one user, over time; two seconds' worth may come at once. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Unacknowledged QoS 1 and 2 messages of one connection, and their bytes, before the broker stops reading. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  /** Bytes of unacknowledged messages of all connections together. */
  readonly totalInFlightBytes: number;
  /** Sessions kept for clients that are away, and how long (seconds). They hold QoS 2 packet ids, nothing else. */
  readonly sessions: number;
  readonly sessionSeconds: number;
  /** Longest keep-alive (seconds); a client that asks for more, or for none, gets this. */
  readonly keepaliveSeconds: number;
  /** Time to send CONNECT after connecting, and to finish a TLS handshake (ms). */
  readonly connectMs: number;
  /** Failed logins of one address that are answered at once; later ones wait. One is forgiven every ten seconds. */
  readonly freeFailures: number;
  readonly failureDelayMs: number;
  /** How long stop() waits for what is in flight (ms). */
  readonly stopMs: number;
}

export const DEFAULT_LIMITS: BrokerLimits = {
  payloadBytes: 256 * 1024,
  topicBytes: 256,
  topicLevels: 8,
  connections: 1024,
  strangers: 128,
  strangersPerAddress: 64,
  connectionsPerUser: 8,
  messagesPerSecond: 20_000,
  bytesPerSecond: 16 * 1024 * 1024,
  inFlight: 1024,
  inFlightBytes: 2 * 1024 * 1024,
  totalInFlightBytes: 16 * 1024 * 1024,
  sessions: 1024,
  sessionSeconds: 86_400,
  keepaliveSeconds: 600,
  connectMs: 10_000,
  freeFailures: 10,
  failureDelayMs: 2000,
  stopMs: 5000,
};

/** Room for the fixed header, topic, packet id and properties of a PUBLISH. */
export function packetBytes(limits: BrokerLimits): number {
  return limits.payloadBytes + 1024;
}
