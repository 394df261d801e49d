// A reading: one measured value of one device, exactly as it was received. The gateway makes it, the inbox keeps it,
// the batch carries it, the commitment proves it; no side ever repairs or reorders it.
import type { ReadingContext } from './context.ts';

/** How well the gateway's wall clock was synchronised when the reading arrived. */
export type ClockQuality = 'unknown' | 'unsynchronised' | 'synchronised';

/** The clock qualities in the order of their numbers (0, 1, 2) in every byte format. */
export const CLOCK_QUALITIES: readonly ClockQuality[] = ['unknown', 'unsynchronised', 'synchronised'];

/** A value that a device sent in place of a number (IEEE 11073-20601 FLOAT and SFLOAT special values). */
export type SpecialValue = 'NaN' | 'NRes' | '+INF' | '-INF';

/** The special values in the order of their numbers (0..3) in every byte format. */
export const SPECIAL_VALUES: readonly SpecialValue[] = ['NaN', 'NRes', '+INF', '-INF'];

/**
 * mantissa × 10^exponent, exactly as received: "72.50" is 7250 × 10^-2, never 72.5.
 * The mantissa is a signed 64-bit integer: a number when it is a safe integer, else a bigint.
 */
export interface Decimal {
  readonly mantissa: number | bigint;
  readonly exponent: number;
}

export type DecimalValue = Decimal & { readonly kind: 'decimal' };

/** A block of a waveform; one block is one reading. Physical value i = samples[i] × scale; samples are periodUs apart. */
export interface SamplesValue {
  readonly kind: 'samples';
  readonly periodUs: number;
  readonly scale: Decimal;
  readonly samples: Int32Array;
}

export type Value =
  | DecimalValue
  | { readonly kind: 'special'; readonly special: SpecialValue }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'flag'; readonly flag: boolean }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | SamplesValue;

export interface Reading {
  /** The gateway's name of the device. */
  readonly device: string;
  /** MDC reference id, or the device's own name of the measurement when no table knows it. */
  readonly code: string;
  /** MDC code (32-bit: partition × 2^16 + term), or null when unmapped. */
  readonly mdc: number | null;
  /** UCUM unit; empty where there is none. */
  readonly unit: string;
  readonly value: Value;
  /** The device's own time, as it gave it. */
  readonly deviceTime: string | null;
  /** The gateway's wall clock at arrival, ms since 1970. */
  readonly wallMs: number;
  /** The gateway's monotonic clock at arrival, ms since its boot. */
  readonly monotonicMs: number;
  readonly clock: ClockQuality;
  /** Readings of one measurement carry the same number. */
  readonly group: number;
  readonly context: ReadingContext | null;
  /** Place in its stream (owner × gateway), from 0, without gaps; given by the inbox commit. */
  readonly counter: number;
}
