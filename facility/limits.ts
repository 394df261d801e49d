// Every bound of a facility in one place, validated once. What comes from outside is measured against these before any
// work is done for it. An IPv6 client's network address is its /64.
import { VitalsealError } from '@vitalseal/ledger';

export interface FacilityLimits {
  /** Entries in one POST. */
  readonly entriesPerRequest: number;
  /** Bytes of one POST of entries. */
  readonly entryBodyBytes: number;
  readonly blobBytes: number;
  readonly envelopeSetBytes: number;
  /** Bytes that one user may keep stored here. */
  readonly storedBytesPerUser: number;
  /** Entries a second and at once, from one network address and from one key behind one address. */
  readonly entriesPerSecondPerAddress: number;
  readonly entriesPerSecondPerKey: number;
  /** Registrations of somebody new, from one network address: their keys are nobody's yet. */
  readonly newcomersPerSecondPerAddress: number;
  /** Delegations a second that one gateway may ask for: each is an entry of the registrar's. */
  readonly delegationsPerSecondPerGateway: number;
  /** Requests a second from one network address. */
  readonly requestsPerSecondPerAddress: number;
  /** Bytes of request bodies and of blobs on their way out, held in memory at once, over all connections. */
  readonly bytesInFlight: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly longPolls: number;
  readonly longPollSeconds: number;
}

export const DEFAULT_LIMITS: FacilityLimits = {
  entriesPerRequest: 64,
  entryBodyBytes: 1024 * 1024,
  blobBytes: 16 * 1024 * 1024,
  envelopeSetBytes: 4 * 1024 * 1024,
  storedBytesPerUser: 64 * 1024 ** 3,
  entriesPerSecondPerAddress: 20_000,
  entriesPerSecondPerKey: 10_000,
  newcomersPerSecondPerAddress: 100,
  delegationsPerSecondPerGateway: 5,
  requestsPerSecondPerAddress: 5_000,
  bytesInFlight: 256 * 1024 * 1024,
  connections: 2_000,
  connectionsPerAddress: 500,
  longPolls: 1_000,
  longPollSeconds: 30,
};

/** The defaults with `given` over them. Throws `config_invalid`, naming the limit. */
export function facilityLimits(given: Partial<FacilityLimits> = {}): FacilityLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new VitalsealError('config_invalid', `no such limit: ${name}`);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new VitalsealError('config_invalid', `limit ${name}: expected a whole number above 0`);
    }
  }
  return Object.freeze({ ...DEFAULT_LIMITS, ...given });
}
