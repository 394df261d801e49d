// What a faulty device makes of its packets: a share of them cut short, with a reserved flag and its field, with a day that does
// not exist or with a wrong checksum. No decoder may take any of them. A stored record is as broken each time it is sent.
import type { Random } from '../random.ts';
import type { Packet, Peripheral } from './peripheral.ts';

/** Gives a damaged copy. */
type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

/** How a packet may be damaged beside being cut, by the characteristic that it is of. */
const DAMAGES: Readonly<Record<string, readonly Damage[]>> = {
  '2A18': [reserved(7), noSuchDay(3)],
  '2A1C': [reserved(7), noSuchDay(5)],
  '2A1E': [reserved(7)],
  '2A35': [reserved(7), noSuchDay(7)],
  '2A36': [reserved(7)],
  '2A37': [reserved(7)],
  '2A5E': [reserved(7), noSuchDay(5)],
  '2A5F': [reserved(7)],
  '2A9C': [reserved(15), noSuchDay(4)],
  '2A9D': [reserved(7), noSuchDay(3)],
  '2AA7': [wrongChecksum],
};

/** As `peripheral`, but `share` (0 to 1) of its measurements leave damaged. Answers of control points stay whole. */
export function damaging(peripheral: Peripheral, share: number, random: Random): Peripheral {
  const live = new Map<string, Random>();
  const sourceOf = ({ characteristic: { uuid }, record }: Packet): Random => {
    if (record !== null) return random.fork(`${uuid}/${record}`);
    const source = live.get(uuid) ?? random.fork(uuid);
    live.set(uuid, source);
    return source;
  };
  const pass = (packet: Packet): Packet => {
    if (packet.readings.length === 0) return packet;
    const source = sourceOf(packet);
    return source.chance(share) ? damaged(packet, source) : packet;
  };
  return { ...peripheral, due: (atMs) => peripheral.due(atMs).map(pass) };
}

function damaged(packet: Packet, random: Random): Packet {
  const ways = [cut, ...(DAMAGES[packet.characteristic.uuid] ?? [])];
  const damage = ways[Math.floor(random.between(0, ways.length))] as Damage;
  return { ...packet, bytes: damage(packet.bytes, random), readings: [], damaged: true };
}

/** An odd number of bytes is missing: cut between two of a strap's intervals, a packet would pass for a whole one. */
function cut(bytes: Uint8Array, random: Random): Uint8Array {
  const lost = 1 + 2 * Math.floor(random.between(0, Math.floor(bytes.length / 2)));
  return bytes.slice(0, bytes.length - lost);
}

/** Sets a reserved bit of the flags, and appends a field that only it announces. */
function reserved(bit: number): Damage {
  return (bytes) => {
    const copy = Uint8Array.of(...bytes, 0);
    const at = bit >> 3;
    copy[at] = (copy[at] ?? 0) | (1 << (bit & 7));
    return copy;
  };
}

/** The 30th of February in the date and time at `offset`. */
function noSuchDay(offset: number): Damage {
  return (bytes) => {
    const copy = bytes.slice();
    copy.set([2, 30], offset + 2);
    return copy;
  };
}

function wrongChecksum(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const last = copy.length - 1;
  copy[last] = (copy[last] ?? 0) ^ (1 << Math.floor(random.between(0, 8)));
  return copy;
}
