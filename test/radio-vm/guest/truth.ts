// Holds what was kept against what was sent, value by value, as exact decimals.

interface Measured {
  readonly unit: string;
  readonly value: { readonly kind: string };
}

/** `72e0 /min`: the number as it was sent, and its unit. */
export function exactly({ unit, value }: Measured): string {
  const { mantissa, exponent, text } = value as { mantissa?: number | bigint; exponent?: number; text?: string };
  return mantissa === undefined ? `${text} ${unit}` : `${mantissa}e${exponent} ${unit}`;
}

/**
 * Places in `sent` of what is missing in `kept`, which must be in the order of `sent` and hold nothing else and nothing twice.
 * Throws Error with the first that is wrong.
 */
export function missing(sent: readonly string[][], kept: readonly string[][]): number[] {
  const gaps: number[] = [];
  let at = 0;
  kept.forEach((readings, n) => {
    const wanted = readings.join();
    const from = at;
    while (at < sent.length && sent[at]?.join() !== wanted) gaps.push(at++);
    if (at === sent.length) {
      const before = sent.slice(0, from).findLastIndex((packet) => packet.join() === wanted);
      throw new Error(`kept ${n} of ${kept.length}: sent ${before} of ${sent.length}, after sent ${from - 1} was kept`);
    }
    at++;
  });
  return gaps;
}

/**
 * How many of `sent` were lost while a link ended. Throws Error when one is missing that was sent while a link stood, or when
 * any came twice or in another order. `ends`: how many had been sent when each link had ended.
 */
export function lostAtEnds(sent: readonly string[][], kept: readonly string[][], ends: readonly number[]): number {
  const lost = missing(sent, kept);
  // Everything from the first that was lost to the end of its link.
  const last = new Set<number>();
  for (const n of lost.toReversed()) if (ends.includes(n + 1) || last.has(n + 1)) last.add(n);
  const wrong = lost.filter((n) => !last.has(n));
  if (wrong.length > 0) throw new Error(`lost ${wrong.slice(0, 9)}; links ended at ${ends}`);
  return lost.length;
}
