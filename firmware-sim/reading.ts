// What a simulated device measures, before any payload format: exact decimals and blocks of samples, never floats, so
// that a test can say which number must arrive.

/** mantissa × 10^exponent. */
export interface Decimal {
  readonly mantissa: number;
  readonly exponent: number;
}

export type SimValue =
  | ({ readonly kind: 'decimal' } & Decimal)
  | { readonly kind: 'text'; readonly text: string }
  /** Sample i is samples[i] × scale, `periodUs` microseconds after the one before. */
  | { readonly kind: 'samples'; readonly periodUs: number; readonly scale: Decimal; readonly samples: Int32Array };

export interface SimReading {
  /** IEEE 11073-10101 reference id where there is one, else a name of our own. */
  readonly code: string;
  /** UCUM. */
  readonly unit: string;
  readonly value: SimValue;
  /** Milliseconds after the message's own time. */
  readonly offsetMs?: number;
}

/** One message of a device: what it measured `atMs` milliseconds after it was switched on. */
export interface Emission {
  readonly atMs: number;
  readonly readings: readonly SimReading[];
  readonly alarm: boolean;
}

/** `value` rounded to `decimals` places, as a device with such a display would give it. */
export function rounded(value: number, decimals: number): SimValue & { kind: 'decimal' } {
  const mantissa = Math.round(value * 10 ** decimals);
  return { kind: 'decimal', mantissa: mantissa === 0 ? 0 : mantissa, exponent: decimals === 0 ? 0 : -decimals };
}

/** Plain decimal text, as JSON and people write it: 98, 36.8, -0.005. */
export function decimalText({ mantissa, exponent }: Decimal): string {
  if (exponent >= 0) return `${mantissa}${mantissa === 0 ? '' : '0'.repeat(exponent)}`;
  const sign = mantissa < 0 ? '-' : '';
  const digits = String(Math.abs(mantissa)).padStart(1 - exponent, '0');
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/** The decimal that `text` writes; null when it is no finite number of at most 15 digits. */
export function parseDecimalText(text: string): Decimal | null {
  const match = /^([+-]?)(\d{0,15})(?:\.(\d{0,12}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text);
  if (!match) return null;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const digits = whole + fraction;
  if (digits === '' || digits.length > 15) return null;
  const mantissa = Number(digits) * (sign === '-' ? -1 : 1);
  return { mantissa: mantissa === 0 ? 0 : mantissa, exponent: Number(power) - fraction.length };
}
