// The two readings of FORMATS.md's examples.
import type { Reading } from './reading.ts';

export const exampleReadings: readonly Reading[] = [7250, 7300].map((mantissa, counter) => ({
  device: 'pump-1',
  code: 'MDC_FLOW_FLUID_PUMP',
  mdc: 157784,
  unit: 'mL/h',
  value: { kind: 'decimal', mantissa, exponent: -2 },
  deviceTime: null,
  wallMs: 1795168800000 + counter * 1000,
  monotonicMs: 5000 + counter * 1000,
  clock: 'synchronised',
  group: counter,
  context: null,
  counter,
}));

export const exampleSalt = Uint8Array.from({ length: 32 }, (_, i) => i);
