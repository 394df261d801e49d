// Bit fields: which bits are set, by the names that the specification gives them.

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
 * The facts of a flags octet: `flags`, and `reservedFlags` when bits at or above `known` are set. These are tolerated,
 * since shipped devices set them: a field that only they announce makes bytes be left over, which is refused.
 */
export function flagFacts(flags: number, known: number): { flags: number; reservedFlags?: number } {
  const reserved = flags - (flags % 2 ** known);
  return reserved === 0 ? { flags } : { flags, reservedFlags: reserved };
}

/** The name of a number in an enumeration; `reserved7` for one that has none. */
export function nameOf(value: number, names: Readonly<Record<number, string>>): string {
  return names[value] ?? `reserved${value}`;
}
