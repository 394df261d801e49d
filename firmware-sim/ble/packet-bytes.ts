// Writes the little-endian fields of which GATT characteristics are made, with the two float formats of IEEE 11073-20601.
import type { Decimal } from '../reading.ts';

/** Reserved mantissas of SFLOAT and FLOAT: no number was measured. */
export const SPECIALS = {
  NaN: [0x07ff, 0x007fffff],
  NRes: [0x0800, 0x00800000],
  '+INF': [0x07fe, 0x007ffffe],
  '-INF': [0x0802, 0x00800002],
} as const;
export type Special = keyof typeof SPECIALS;

export class PacketBytes {
  readonly #bytes: number[] = [];

  u8(value: number): this {
    this.#bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }

  u24(value: number): this {
    return this.u16(value).u8(value >> 16);
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  u48(value: number): this {
    return this.u32(value).u16(Math.floor(value / 2 ** 32));
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.u8(byte);
    return this;
  }

  text(text: string): this {
    return this.raw(new TextEncoder().encode(text));
  }

  /** 4 bits of exponent, 12 of mantissa. Throws RangeError for a decimal that does not fit. */
  sfloat(value: Decimal | Special): this {
    if (typeof value === 'string') return this.u16(SPECIALS[value][0]);
    const { mantissa, exponent } = value;
    if (Math.abs(mantissa) > 2045 || exponent < -8 || exponent > 7) throw new RangeError('no SFLOAT');
    return this.u16(((exponent & 0xf) << 12) | (mantissa & 0xfff));
  }

  /** 8 bits of exponent, 24 of mantissa. */
  float(value: Decimal | Special): this {
    if (typeof value === 'string') return this.u32(SPECIALS[value][1]);
    const { mantissa, exponent } = value;
    if (Math.abs(mantissa) > 8388605 || exponent < -128 || exponent > 127) throw new RangeError('no FLOAT');
    return this.u24(mantissa).u8(exponent);
  }

  /** Seven bytes: year, month, day, hours, minutes, seconds, of a device whose local time is UTC. */
  dateTime(atMs: number): this {
    const at = new Date(atMs);
    return this.u16(at.getUTCFullYear())
      .u8(at.getUTCMonth() + 1)
      .u8(at.getUTCDate())
      .u8(at.getUTCHours())
      .u8(at.getUTCMinutes())
      .u8(at.getUTCSeconds());
  }

  take(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
