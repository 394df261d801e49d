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
