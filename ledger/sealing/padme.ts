// Sizes that say little: Padmé keeps only the upper bits of a length, so that the sizes of sealed records fall into few
// classes at a cost of at most 12 % (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019, §4).

/** The Padmé size of `length` bytes (a non-negative safe integer): at least `length`. */
export function padme(length: number): number {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return step < 1 ? length : Math.ceil(length / step) * step;
}
