// The end-to-end checksum of the CGM service: CRC-16/MCRF4XX, over everything before it, little-endian at the end.

const POLYNOMIAL = 0x8408;

export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return crc;
}

/** `bytes` with their checksum. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const crc = crc16(bytes);
  return Uint8Array.of(...bytes, crc & 0xff, crc >>> 8);
}

export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length > 2 && crc16(bytes) === 0;
}
