// The ways in which a packet may be damaged: cut short, with a flag or a number that is reserved, with a day or a time zone that
// does not exist, or with a wrong checksum; each alone, so that nothing else gives the packet away.
import type { Random } from '../random.ts';
import { sealed } from './records/crc.ts';

/** Gives a damaged copy. */
export type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

/** How a packet may be damaged beside being cut, by the characteristic that it is of. */
const DAMAGES: Readonly<Record<string, readonly Damage[]>> = {
  '2A18': [reservedFlag(5, 7), noSuchDay(3)],
  '2A1C': [reservedFlag(3, 7), noSuchDay(5)],
  '2A1E': [reservedFlag(3, 7)],
  '2A34': [reservedExtendedFlag, reservedMeal],
  '2A35': [reservedField, noSuchDay(7)],
  '2A36': [reservedField],
  '2A37': [reservedFlag(5, 7)],
  '2A5E': [reservedFlag(5, 7), noSuchDay(5)],
  '2A5F': [reservedFlag(5, 7)],
  '2A9C': [reservedFlag(13, 15), noSuchDay(4)],
  '2A9D': [reservedFlag(4, 7), noSuchDay(3)],
  '2AA7': [wrongChecksum, checksummed(reservedFlag(8 + 2, 8 + 4))],
};

/** Where an observation begins in a segment: behind the header, and behind the number of a stored one. */
const BEGINS: Readonly<Record<string, number>> = { '2B8B': 1, '2BDD': 5 };
const WHOLE_SEGMENT = 0b11;
/** Class and length, then the flags. */
const FLAGS = 3;
const HAS_TYPE = 0x01;
const TYPE_OCTETS = 4;
/** In the time: flags first, the quarters of an hour from UTC last. */
const ZONE = 8;
const ZONE_USED = 0x10;

/** `bytes`: a whole packet of the characteristic. */
export function waysOfDamage(uuid: string, bytes: Uint8Array): readonly Damage[] {
  return [cut(uuid), ...(DAMAGES[uuid] ?? []), ...observationDamages(uuid, bytes)];
}

/** Leaves some of the bytes. Between two intervals of a strap a cut would go unseen: there an odd number is missing. */
function cut(uuid: string): Damage {
  const step = uuid === '2A37' ? 2 : 1;
  return (bytes, random) => {
    const choices = Math.ceil((bytes.length - 1) / step);
    return bytes.slice(0, bytes.length - 1 - step * Math.floor(random.between(0, choices)));
  };
}

/** Sets one of the bits `low` to `high` of the packet, and leaves all else: whatever it announces is read as another field. */
function reservedFlag(low: number, high: number): Damage {
  return (bytes, random) => {
    const bit = Math.floor(random.between(low, high + 1));
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) | (1 << (bit & 7));
    return copy;
  };
}

/** For cuffs, whose reserved flags alone are tolerated: one with the field that only it announces. */
function reservedField(bytes: Uint8Array, random: Random): Uint8Array {
  return Uint8Array.of(...reservedFlag(5, 7)(bytes, random), 0);
}

/** Adds the extended flags of a glucose context, all of which are reserved. */
function reservedExtendedFlag(bytes: Uint8Array, random: Random): Uint8Array {
  const [flags = 0, ...rest] = bytes;
  return reservedFlag(24, 31)(Uint8Array.of(flags | 0x80, ...rest.slice(0, 2), 0, ...rest.slice(2)), random);
}

/** A meal that no specification names, in a glucose context with carbohydrates. */
function reservedMeal(bytes: Uint8Array, random: Random): Uint8Array {
  return changed(6, () => Math.floor(random.between(6, 256)))(bytes, random);
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

/** With the checksum of what `damage` made. */
function checksummed(damage: Damage): Damage {
  return (bytes, random) => sealed(damage(bytes.subarray(0, -2), random));
}

/**
 * Of an observation: its class, its flags, and the flags and the zone of its time. Only where it is whole in its segment; of
 * others these fields may be in a segment before.
 */
function observationDamages(uuid: string, bytes: Uint8Array): readonly Damage[] {
  const begins = BEGINS[uuid];
  if (begins === undefined || ((bytes[0] ?? 0) & WHOLE_SEGMENT) !== WHOLE_SEGMENT) return [];
  const flags = begins + FLAGS;
  const typed = ((bytes[flags] ?? 0) & HAS_TYPE) !== 0;
  const time = flags + 2 + (typed ? TYPE_OCTETS : 0);
  const ofClass = changed(begins, (_, random) => Math.floor(random.between(9, 255)));
  return [
    ofClass,
    changed(flags + 1, (octet, random) => octet | (1 << Math.floor(random.between(2, 8)))),
    changed(time, (octet, random) => octet | (1 << Math.floor(random.between(6, 8)))),
    noSuchZone(time),
  ];
}

function changed(at: number, change: (octet: number, random: Random) => number): Damage {
  return (bytes, random) => {
    const copy = bytes.slice();
    copy[at] = change(copy[at] ?? 0, random);
    return copy;
  };
}

/** 25 hours from UTC. */
function noSuchZone(time: number): Damage {
  return (bytes, random) => {
    const used = changed(time, (octet) => octet | ZONE_USED)(bytes, random);
    return changed(time + ZONE, () => 100)(used, random);
  };
}
