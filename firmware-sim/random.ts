// A seeded generator (sfc32): the same seed gives the same patient, the same faults, the same bytes on every machine.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A generator of its own for a part, so that parts do not disturb each other's sequence. */
  fork(name: string): Random;
}

export function seededRandom(seed: number | string): Random {
  let [a, b, c, d] = spread(String(seed));
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    // Box and Muller's; 1 - next() is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    chance: (probability) => next() < probability,
    fork: (name) => seededRandom(`${seed}/${name}`),
  };
}

/** Four 32-bit words from a text (FNV-1a with four offsets). */
function spread(text: string): [number, number, number, number] {
  const word = (offset: number) => {
    let hash = offset | 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x243f6a88), word(0xb7e15162)];
}
