// What a faulty device makes of its packets: a share of them damaged. No decoder may take any of those. A stored record is as
// broken each time it is sent.
import type { Random } from '../random.ts';
import { type Damage, waysOfDamage } from './damage-ways.ts';
import type { Packet, Peripheral } from './peripheral.ts';

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
  const ways = waysOfDamage(packet.characteristic.uuid, packet.bytes);
  const damage = ways[Math.floor(random.between(0, ways.length))] as Damage;
  return { ...packet, bytes: damage(packet.bytes, random), readings: [], damaged: true };
}
