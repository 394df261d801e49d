// The end-to-end checksum of the Bluetooth health services (E2E-CRC of the CGM service and its successors):
// CRC-16/MCRF4XX, which is polynomial 0x1021, reflected, from 0xFFFF, without a final inversion.
import { VitalsealError } from '@vitalseal/ledger';

/** Checksum of `bytes`; of "123456789" it is 0x6F91. In a packet it follows what it covers, low byte first. */
export function e2eCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  }
  return crc;
}

/** The checksum that ends `bytes`, which covers all before it. Throws `characteristic_truncated`, `characteristic_crc`. */
export function checkedCrc(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new VitalsealError('characteristic_truncated', 'there is no room for the checksum');
  const covered = bytes.length - 2;
  const sent = (bytes[covered] as number) | ((bytes[covered + 1] as number) << 8);
  if (sent !== e2eCrc(bytes.subarray(0, covered))) throw new VitalsealError('characteristic_crc');
  return sent;
}
