// Exact decimals. A device's number is kept digit for digit as it was written ("72.50" is not "72.5"), because a
// record that silently re-rounded its readings would prove something that no device ever said.
import { VitalsealError } from '../errors.ts';
import type { Decimal, Value } from './reading.ts';

export const MANTISSA_MIN = -(2n ** 63n);
export const MANTISSA_MAX = 2n ** 63n - 1n;
/** Exponents reach what a 64-bit float can say (5e-324, 1.8e308), and no further. */
export const EXPONENT_MIN = -400;
export const EXPONENT_MAX = 400;

const MAX_TEXT = 512;
/** RFC 8259 number, and its usual looser spellings: leading zeros and "+", no digit on one side of the point. */
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

function refuse(why: string): never {
  throw new VitalsealError('value_malformed', why);
}

/** An integer as a number where that is exact, else as it is. */
export function normalMantissa(mantissa: number | bigint): number | bigint {
  if (typeof mantissa === 'number') return mantissa === 0 ? 0 : mantissa;
  const small = Number(mantissa);
  return Number.isSafeInteger(small) ? small : mantissa;
}

/**
 * The decimal that a source text writes, digit for digit: "72.50" → 7250 × 10^-2, "1.5e3" → 15 × 10^2, "-0" → 0.
 * Zeros are moved from mantissa to exponent only where the mantissa would not fit into 64 bits.
 * Throws `value_malformed`: not a number, more digits than 64 bits hold, an exponent beyond ±400.
 */
export function parseDecimal(text: string): Decimal {
  const match = text.length <= MAX_TEXT ? NUMBER.exec(text) : null;
  if (match === null) return refuse('not a decimal number');
  const [, sign, whole = '', fraction = '', power] = match;
  let digits = whole + fraction;
  if (digits === '') return refuse('not a decimal number');
  let exponent = (power === undefined ? 0 : Number(power)) - fraction.length;
  if (digits.length > 15) {
    digits = digits.replace(/^0+(?=\d)/, '');
    while (digits.length > 18 && digits.endsWith('0') && !fits(sign + digits)) {
      digits = digits.slice(0, -1);
      exponent++;
    }
    if (!fits(sign + digits)) return refuse('more digits than 64 bits hold');
  }
  if (exponent < EXPONENT_MIN || exponent > EXPONENT_MAX) return refuse('an exponent beyond bounds');
  if (digits.length <= 15) {
    const mantissa = Number(digits);
    return { mantissa: sign === '-' && mantissa !== 0 ? -mantissa : mantissa, exponent };
  }
  return { mantissa: normalMantissa(BigInt(sign === '-' ? `-${digits}` : digits)), exponent };
}

function fits(text: string): boolean {
  const digits = text.replace(/^[+-]/, '');
  if (digits.length !== 19) return digits.length < 19;
  const value = BigInt(text.startsWith('-') ? text : digits);
  return value >= MANTISSA_MIN && value <= MANTISSA_MAX;
}

/** The text of a decimal, such that parseDecimal gives the same decimal back: "72.50", "15e2", "5e-324". */
export function formatDecimal({ mantissa, exponent }: Decimal): string {
  if (exponent === 0) return String(mantissa);
  if (exponent > 0 || exponent < -20) return `${mantissa}e${exponent}`;
  const negative = mantissa < 0;
  const digits = String(mantissa)
    .slice(negative ? 1 : 0)
    .padStart(1 - exponent, '0');
  const point = digits.length + exponent;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * The value of a binary float of 16, 32 or 64 bits: its shortest decimal that reads back as the same float of that
 * width (0.1 as a 32-bit float is 0.1, not 0.10000000149…); NaN and the infinities as special values.
 */
export function valueFromFloat(float: number, bits: 16 | 32 | 64): Value {
  if (Number.isNaN(float)) return { kind: 'special', special: 'NaN' };
  if (!Number.isFinite(float)) return { kind: 'special', special: float > 0 ? '+INF' : '-INF' };
  return { kind: 'decimal', ...parseDecimal(shortestText(float, bits)) };
}

function shortestText(float: number, bits: 16 | 32 | 64): string {
  const round = bits === 32 ? Math.fround : roundToHalf;
  for (let digits = 1; bits !== 64 && digits <= 9; digits++) {
    const candidate = Number(float.toPrecision(digits));
    if (round(candidate) === float) return String(candidate);
  }
  // ECMAScript's own text of a number is the shortest that reads back.
  return String(float);
}

/** Nearest IEEE 754 binary16, ties to even, as a number. */
function roundToHalf(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  const step = 2 ** (exponent - 10);
  const steps = value / step;
  const below = Math.floor(steps);
  const rest = steps - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (up ? below + 1 : below) * step;
}
