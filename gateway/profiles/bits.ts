// Bit fields: which bits are set, by the names that the specification gives them, and what becomes of those that it
// reserves. In a field of states or features they hide nothing; a reserved flag may announce a field.
import { VitalsealError } from '@vitalseal/ledger';

/** Names by bit, the lowest first; null, or a bit beyond the list, is reserved. */
export type BitNames = readonly (string | null)[];

/** Names of the bits that are set in an unsigned integer of up to 53 bits, lowest first. A reserved one is `reserved5`. */
export function bits(value: number, names: BitNames): string[] {
  const set: string[] = [];
  let rest = value;
  for (let bit = 0; rest > 0; bit++) {
    // Not by shifts: those end at 32 bits.
    if (rest % 2 === 1) set.push(names[bit] ?? `reserved${bit}`);
    rest = Math.floor(rest / 2);
  }
  return set;
}

/** Whether bit `bit` is set in an unsigned integer of up to 32 bits. */
export function hasBit(value: number, bit: number): boolean {
  return ((value >>> bit) & 1) === 1;
}

/**
 * Flags that announce fields: `flags` as it is. Throws `characteristic_reserved` when a bit outside the mask `known` is set,
 * for a field of its own would shift all that follows.
 */
export function knownFlags(flags: number, known: number): number {
  const reserved = flags & ~known;
  if (reserved === 0) return flags;
  const which = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => hasBit(reserved, bit));
  const message = `bits ${which.join(', ')} of the flags are reserved: which fields follow is not known`;
  throw new VitalsealError('characteristic_reserved', message);
}

/**
 * The facts of flags that shipped devices set without a meaning: `flags`, and `reservedFlags` when bits outside the mask
 * `known` are set. Only for a packet whose length, at its end, leaves no room for a field that they would announce.
 */
export function toleratedFlags(flags: number, known: number): { flags: number; reservedFlags?: number } {
  const reserved = flags & ~known;
  return reserved === 0 ? { flags } : { flags, reservedFlags: reserved };
}

/** The name of a number in an enumeration; `reserved7` for one that has none. */
export function nameOf(value: number, names: Readonly<Record<number, string>>): string {
  return names[value] ?? `reserved${value}`;
}
