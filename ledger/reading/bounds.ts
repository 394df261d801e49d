// How large the parts of a reading may be. Every codec holds these, writing and reading, so that a reading that was
// once accepted can be carried, sealed and proven, and no hostile bytes make anyone allocate more.
import { VitalsealError } from '../errors.ts';
import { EXPONENT_MAX, EXPONENT_MIN, MANTISSA_MAX, MANTISSA_MIN } from './decimal.ts';
import { type Decimal, type Reading, SPECIAL_VALUES, type Value } from './reading.ts';

/** UTF-8 bytes of device, code, unit and device time. */
export const NAME_BYTES = 256;
/** UTF-8 bytes of a text value. */
export const TEXT_BYTES = 16_384;
/** Bytes of a bytes value. */
export const VALUE_BYTES = 65_536;
/** Samples of one block. */
export const MAX_SAMPLES = 65_536;
/** Microseconds between two samples: at most an hour. */
export const MAX_PERIOD_US = 3_600_000_000;
/** Bytes of a context in CBOR. */
export const CONTEXT_BYTES = 4096;
/** Keys of a context: a few bytes of a batch can name many contexts, so that each must be small. */
export const CONTEXT_KEYS = 32;
/** Times, groups and counters are below this in magnitude (8,900 years of ms), so that differences stay exact. */
export const NUMBER_LIMIT = 2 ** 48;
/** Mantissas below this in magnitude are numbers whose differences stay exact; wider ones travel as 64 bits. */
export const NARROW_LIMIT = 2 ** 49;

function refuse(what: string): never {
  throw new VitalsealError('reading_invalid', `${what} out of bounds`);
}

/** Throws `reading_invalid` unless the name is a text of at most 256 bytes. */
export function checkName(name: string, what: string): void {
  // A UTF-16 unit is at most 3 bytes: short names need no counting.
  if (typeof name !== 'string') refuse(what);
  if (name.length * 3 > NAME_BYTES && utf8Length(name) > NAME_BYTES) refuse(what);
}

/** Throws `reading_invalid` unless the number is an integer of magnitude below 2^48. */
export function checkNumber(value: number, what: string): void {
  if (!Number.isInteger(value) || value >= NUMBER_LIMIT || value <= -NUMBER_LIMIT) refuse(what);
}

/** Throws `reading_invalid` unless the number is a non-negative integer below 2^48. */
export function checkCount(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value >= NUMBER_LIMIT) refuse(what);
}

/** Throws `reading_invalid` unless mantissa and exponent are within their bounds. */
export function checkDecimal({ mantissa, exponent }: Decimal): void {
  if (!Number.isInteger(exponent) || exponent < EXPONENT_MIN || exponent > EXPONENT_MAX) refuse('exponent');
  if (
    typeof mantissa === 'bigint' ? mantissa < MANTISSA_MIN || mantissa > MANTISSA_MAX : !Number.isSafeInteger(mantissa)
  )
    refuse('mantissa');
}

/** Throws `reading_invalid` unless the value is of a known kind and within bounds. */
export function checkValue(value: Value): void {
  switch (value.kind) {
    case 'decimal':
      checkDecimal(value);
      return;
    case 'text':
      if (value.text.length * 3 > TEXT_BYTES && utf8Length(value.text) > TEXT_BYTES) refuse('text');
      return;
    case 'bytes':
      if (value.bytes.length > VALUE_BYTES) refuse('bytes');
      return;
    case 'samples':
      checkDecimal(value.scale);
      if (!Number.isInteger(value.periodUs) || value.periodUs < 1 || value.periodUs > MAX_PERIOD_US) refuse('period');
      if (value.samples.length > MAX_SAMPLES) refuse('samples');
      return;
    case 'special':
      if (!SPECIAL_VALUES.includes(value.special)) refuse('special value');
      return;
    case 'flag':
      return;
    default:
      refuse('kind of value');
  }
}

/** Throws `reading_invalid` unless every part but the context, which is checked where it is encoded, is within bounds. */
export function checkReading(reading: Reading): void {
  checkName(reading.device, 'device');
  checkName(reading.code, 'code');
  checkName(reading.unit, 'unit');
  checkMdc(reading.mdc);
  checkValue(reading.value);
  if (reading.deviceTime !== null) checkName(reading.deviceTime, 'device time');
  checkNumber(reading.wallMs, 'wall time');
  checkNumber(reading.monotonicMs, 'monotonic time');
  checkCount(reading.group, 'group');
  checkCount(reading.counter, 'counter');
}

/** Throws `reading_invalid` unless the MDC code is null or an unsigned 32-bit integer. */
export function checkMdc(mdc: number | null): void {
  if (mdc !== null && (!Number.isInteger(mdc) || mdc < 0 || mdc > 0xffffffff)) refuse('MDC code');
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes: two a unit.
    if (unit > 0x7f) length += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return length;
}
