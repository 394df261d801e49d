// The addresses of the simulated straps: random static ones, as most wearables have.
export function strapAddress(index: number): string {
  return `C0:26:DA:00:00:${index.toString(16).padStart(2, '0').toUpperCase()}`;
}
