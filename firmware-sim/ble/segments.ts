// The segments of a health sensor's observations: what is longer than a notification leaves in several, each after an octet
// that says where it belongs (GHS Service 1.0).
import type { Characteristic, Packet } from './peripheral.ts';
import type { Made } from './schedule.ts';

const FIRST = 0b01;
const LAST = 0b10;
const COUNTER_SHIFT = 2;
const COUNTERS = 64;

/** `octets`: of a notification, the header with it. What was measured goes with the last segment: before, it cannot be read. */
export function segmentsOf(whole: Made, octets: number): Made[] {
  const { bytes, readings, record } = whole;
  const count = Math.max(1, Math.ceil(bytes.length / (octets - 1)));
  return Array.from({ length: count }, (_, i) => {
    const isLast = i === count - 1;
    const header = (i === 0 ? FIRST : 0) | (isLast ? LAST : 0);
    const piece = bytes.subarray(i * (octets - 1), (i + 1) * (octets - 1));
    return { bytes: Uint8Array.of(header, ...piece), readings: isLast ? readings : [], record };
  });
}

/** Numbers segments as they leave: one that was never sent must not be missed. */
export class SegmentCounter {
  readonly #next: Map<Characteristic, number>;

  constructor(segmented: readonly Characteristic[]) {
    this.#next = new Map(segmented.map((characteristic) => [characteristic, 0]));
  }

  /** Packets that are no segments stay as they are. */
  numbered(packet: Packet): Packet {
    const counter = this.#next.get(packet.characteristic);
    if (counter === undefined) return packet;
    this.#next.set(packet.characteristic, (counter + 1) % COUNTERS);
    const bytes = packet.bytes.slice();
    bytes[0] = (bytes[0] ?? 0) | (counter << COUNTER_SHIFT);
    return { ...packet, bytes };
  }

  /** The next connection begins at 0. */
  disconnected(): void {
    for (const characteristic of this.#next.keys()) this.#next.set(characteristic, 0);
  }
}
