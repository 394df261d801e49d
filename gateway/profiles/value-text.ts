// A number of a packet as text for people and scripts: its exact decimal, or what the device sent instead of one.
import type { Decimal, Value } from '@vitalseal/ledger';

/** `36.40`, `NaN`; other kinds of values are given by their kind. */
export function valueText(value: Value): string {
  if (value.kind === 'decimal') return plainDecimal(value);
  return value.kind === 'special' ? value.special : value.kind;
}

/**
 * The exact decimal without a power of ten, which not every reader of text understands: `120` for 12 × 10^1. Digits
 * behind the point are as many as the device sent.
 */
export function plainDecimal({ mantissa, exponent }: Decimal): string {
  if (exponent > 0) return `${mantissa}${Number(mantissa) === 0 ? '' : '0'.repeat(exponent)}`;
  const digits = String(mantissa)
    .replace('-', '')
    .padStart(1 - exponent, '0');
  const point = digits.length + exponent;
  const fraction = exponent === 0 ? '' : `.${digits.slice(point)}`;
  return `${mantissa < 0 ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}
