// The registry of context keys: what a device may say about a reading besides its value.
// Keys are small integers so that a context costs a few bytes; a key is never given a second meaning. 24 is free.
import type { CborValue } from '../encoding/cbor.ts';

/** Integer-keyed facts beside a reading. Keys: CONTEXT, or a later version's; unknown keys are kept and shown by number. */
export type ReadingContext = ReadonlyMap<number, CborValue>;

export const CONTEXT = {
  /** Where on the body: text, an MDC body-site reference id or the device's own name. */
  bodySite: 1,
  /** Relation to a meal: text ("fasting", "preprandial", "postprandial", "casual", "bedtime"). */
  meal: 2,
  /** Status bits of the measurement as the device sent them: unsigned integer. FORMATS.md says whose bits, by MDC code. */
  status: 3,
  /** The device's own sequence number of the record: unsigned integer. */
  sourceSequence: 4,
  /** Device clock minus gateway clock when it was last compared: integer, ms. */
  clockOffsetMs: 5,
  /** Belongs to an alarm: true, or the device's own alarm text. */
  alarm: 6,
  /** The device's time cannot be trusted: true, or text saying why. */
  sourceTimeFault: 7,
  /** No table knows the name: true. The code is then the device's own name. */
  unmapped: 8,
  /** The UCUM unit's spelling as received, where it differs: text. */
  sourceUnit: 9,
  /** Kind of sample or fluid, e.g. of a glucose meter: text or the device's own number. */
  sampleType: 10,
  /** A lower bound of the measuring range was passed, an upper one: text "below" or "above". */
  outOfRange: 11,
  /** Who measured, where a device has several users: the device's own user number. */
  deviceUser: 12,
  /** The device retransmits a measurement that it stored earlier: true. */
  stored: 13,
  /** The name as received, where the code does not say all of it (a sensor's own prefix): text. */
  sourceName: 14,
  /** The device promises its next value within this many seconds: decimal text. */
  updateTime: 15,
  /** The value is the integral of the measurement over time (SenML "s"), its unit times seconds: true. */
  integral: 16,
  /** How far `clockOffsetMs` may be off: unsigned integer, ± ms (half the round trip, and the resolution of the device's clock). */
  clockUncertaintyMs: 17,
  /** Status bits of the device or its sensor, beside those of the measurement: unsigned integer, octets from low to high. */
  sensorStatus: 18,
  /** Whether the sensor touches skin: text "detected" or "absent". */
  sensorContact: 19,
  /** How the person was: text ("minorIssues", "majorIssues", "menses", "stress", "noIssues"). */
  health: 20,
  /** Who measured: text ("self", "professional", "lab"). */
  tester: 21,
  /** When the sensor's session began, as the device gave it, with its zone where that is known (RFC 3339): text. */
  sessionStart: 22,
  /** Heard in an advertisement, which anybody can send: true. */
  advertised: 23,
  /** Status bits of a health observation (IEEE 11073-10206), which mean the same for every MDC code: unsigned integer. */
  measurementStatus: 25,
  /** How long was measured: decimal text, seconds. */
  measurementDuration: 26,
  /** The device's own number of the observation, which others refer to: unsigned integer. */
  observationId: 27,
  /** The same of the bundle that it came in. */
  bundleId: 28,
  /** Observation ids of what it was derived from: array of unsigned integers. */
  derivedFrom: 29,
  /** Observation ids of what it is a part of: array of unsigned integers. */
  isMemberOf: 30,
  /** What else is said of the measurement (body site, method …): array of MDC codes. */
  supplementalInformation: 31,
  /** MDC code of the whole (a compound, a list of attributes) that the reading is a part of. */
  observationType: 32,
  /** Attributes of the observation: array of [MDC code, Bluetooth format type, octets as received]. */
  attributes: 33,
  /** Bluetooth format type of a value that is kept as its octets: unsigned integer. */
  sourceFormat: 34,
  /** Of state bits: which of them the device knows; bytes, as many as the value's. */
  supportedMask: 35,
  /** Of state bits: which of them last, the others being events; bytes, as many as the value's. */
  stateMask: 36,
  /** What the octets of a waveform mean that samples cannot say exactly: map, see FORMATS.md. */
  sampling: 37,
  /** What the device's counter showed, which counts from nobody knows when: unsigned integer or decimal text, ms. */
  sourceTicksMs: 38,
  /** The device's clock is a counter: `clockOffsetMs` is the counter's, and says nothing of its date: true. */
  tickClock: 39,
} as const;

export type ContextName = keyof typeof CONTEXT;

const NAMES = new Map<number, ContextName>(Object.entries(CONTEXT).map(([name, key]) => [key, name as ContextName]));

/** The name of a context key; null for a key that this version does not know. */
export function contextName(key: number): ContextName | null {
  return NAMES.get(key) ?? null;
}
