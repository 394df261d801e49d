// The two decimal floats of medical devices (IEEE 11073-20601): mantissa × 10^exponent, exactly as sent. Five bit
// patterns of each are no numbers; four of them have a meaning and stay what they are, one is reserved.
import { type SpecialValue, type Value, VitalsealError } from '@vitalseal/ledger';
import type { Packet } from './packet.ts';

/** By mantissa, where the exponent is 0. With another exponent the same mantissa is a number. */
const SPECIAL_SFLOAT: ReadonlyMap<number, SpecialValue | null> = specials(0x7ff);
const SPECIAL_FLOAT: ReadonlyMap<number, SpecialValue | null> = specials(0x7f_ffff);

/** 16 bits: 4 of exponent, 12 of mantissa. Throws `characteristic_truncated`, `characteristic_reserved`. */
export function readSfloat(packet: Packet): Value {
  const raw = packet.int16();
  return numberOf((raw << 20) >> 20, raw >> 12, SPECIAL_SFLOAT);
}

/** 32 bits: 8 of exponent, 24 of mantissa. Throws `characteristic_truncated`, `characteristic_reserved`. */
export function readFloat(packet: Packet): Value {
  const mantissa = (packet.uint24() << 8) >> 8;
  return numberOf(mantissa, packet.int8(), SPECIAL_FLOAT);
}

function numberOf(mantissa: number, exponent: number, special: ReadonlyMap<number, SpecialValue | null>): Value {
  const meaning = exponent === 0 ? special.get(mantissa) : undefined;
  if (meaning === undefined) return { kind: 'decimal', mantissa, exponent };
  if (meaning === null) {
    throw new VitalsealError('characteristic_reserved', 'a number has the bit pattern that is reserved for later');
  }
  return { kind: 'special', special: meaning };
}

/** `most` is the largest positive mantissa. */
function specials(most: number): ReadonlyMap<number, SpecialValue | null> {
  return new Map([
    [most, 'NaN'],
    [most - 1, '+INF'],
    [-most - 1, 'NRes'],
    [-most, null],
    [-most + 1, '-INF'],
  ]);
}
