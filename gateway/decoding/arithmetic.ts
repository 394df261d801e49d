// Exact arithmetic on decimals, for base values and base times: it gives the true sum, or it fails.
import { type Decimal, normalMantissa } from '@vitalseal/ledger';
import { BOUNDS, badValue } from './bounds.ts';

const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);
const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i);
export const ZERO: Decimal = { mantissa: 0, exponent: 0 };

/** mantissa × 10^exponent. Throws `value_malformed` beyond 64 bits of mantissa or the bound on exponents. */
export function decimal(mantissa: number | bigint, exponent: number): Decimal {
  if (!(Math.abs(exponent) <= BOUNDS.exponent)) throw badValue('exponent out of bounds');
  if (typeof mantissa === 'bigint' && (mantissa > INT64_MAX || mantissa < INT64_MIN)) {
    throw badValue('number has too many digits');
  }
  return { mantissa: normalMantissa(mantissa), exponent };
}

/** a + b, exactly, with the finer of both exponents. Throws `value_malformed` where the sum does not fit. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.mantissa === 0 && b.exponent >= a.exponent) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  return decimal(scaled(a, exponent) + scaled(b, exponent), exponent);
}

function scaled(d: Decimal, exponent: number): bigint {
  if (d.mantissa === 0) return 0n;
  const shift = d.exponent - exponent;
  // A 64-bit sum has 19 digits: beyond that the result could not be held anyway, and the power is never computed.
  if (shift > 19) throw badValue('numbers too far apart to be added exactly');
  return BigInt(d.mantissa) * 10n ** BigInt(shift);
}

/** True when the decimal is below the integer `limit` (a safe integer), exactly. */
export function isBelow(d: Decimal, limit: number): boolean {
  if (d.mantissa === 0) return limit > 0;
  const negative = d.mantissa < 0;
  if (d.exponent > 19) return negative;
  if (d.exponent >= 0) return scaled(d, 0) < BigInt(limit);
  // Below 10^-19 every 64-bit mantissa is less than 1 away from zero.
  if (d.exponent < -19) return negative ? limit >= 0 : limit > 0;
  return BigInt(d.mantissa) < BigInt(limit) * 10n ** BigInt(-d.exponent);
}

/** The integer that `d` is, or null when it is none, or none within ±2^53. */
export function integerOf(d: Decimal): number | null {
  if (typeof d.mantissa === 'bigint') return null;
  if (d.exponent === 0 || d.mantissa === 0) return d.mantissa;
  const power = POWERS[Math.abs(d.exponent)];
  if (power === undefined) return null;
  const value = d.exponent > 0 ? d.mantissa * power : d.mantissa / power;
  return Number.isSafeInteger(value) ? value : null;
}
