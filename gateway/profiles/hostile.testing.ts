// For tests of decoders: bytes that an attacker, a bad link or a bad firmware could send, made from good packets, and what
// every decoder owes them: an answer within the bounds of a reading, or one of its own errors, from these bytes alone.
import { decodeReading, encodeReading, isVitalsealError } from '@vitalseal/ledger';
import fc from 'fast-check';
import { expect } from 'vitest';
import { stamped } from '../decoding/stamp.ts';
import { decodeCharacteristic } from './characteristics.ts';
import type { DecodedPacket } from './decoded.ts';

const STAMP = { device: 'd', group: 1, wallMs: 0, monotonicMs: 0, clock: 'unknown' } as const;
const FINE = /^(characteristic_(truncated|malformed|reserved|crc)|time_malformed)$/;

export const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** The code that `act` throws; null when it does not. */
export function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (isVitalsealError(error)) return error.code;
    throw error;
  }
}

/** What was decoded, as text, or the code of the decoder's error. Anything else is thrown on. */
export function outcome(decode: () => DecodedPacket): string {
  try {
    const decoded = decode();
    for (const reading of decoded.measurements.flatMap(({ readings }) => readings)) {
      // Throws what is not among the decoder's errors.
      decodeReading(encodeReading({ ...stamped(reading, STAMP), counter: 0 }));
    }
    return JSON.stringify(decoded, (_, v) => {
      if (v instanceof Map) return [...v];
      if (ArrayBuffer.isView(v)) return Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('hex');
      return typeof v === 'bigint' ? String(v) : v;
    });
  } catch (error) {
    if (isVitalsealError(error) && FINE.test(error.code)) return error.code;
    throw error;
  }
}

/** Random bytes, and good packets with octets changed, cut or put in. */
export function hostileBytes(good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changed = fc
    .tuple(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(600), fc.nat(255), fc.nat(2)), { maxLength: 4 }))
    .map(([packet, changes]) => {
      const octets = [...packet];
      for (const [at, octet, how] of changes) octets.splice(at % (octets.length + 1), how, octet);
      return Uint8Array.from(octets);
    });
  return fc.oneof(fc.uint8Array({ maxLength: 48 }), changed);
}

/** Bytes of a neighbour are never read: a view into a buffer full of something else gives the same answer as a copy. */
export function expectSame(decode: (bytes: Uint8Array) => DecodedPacket, bytes: Uint8Array, poison: number): void {
  const buffer = new Uint8Array(bytes.length + 64).fill(poison);
  buffer.set(bytes, 32);
  expect(outcome(() => decode(buffer.subarray(32, 32 + bytes.length)))).toBe(outcome(() => decode(bytes)));
}

/** Holds `uuid` to what every decoder owes: over hostile bytes, and for each beginning of each good packet. */
export function expectHardened(uuid: string, good: readonly string[], shorterForms: readonly string[] = []): void {
  const packets = good.map(fromHex);
  const decode = (bytes: Uint8Array) => decodeCharacteristic(uuid, bytes);
  fc.assert(
    fc.property(hostileBytes(packets), fc.nat(255), (bytes, poison) => expectSame(decode, bytes, poison)),
    {
      numRuns: 400,
    },
  );
  const allowed = new Set(shorterForms.map((hex) => hex.replaceAll(' ', '')));
  for (const packet of packets) {
    expect(codeOf(() => decode(packet))).toBeNull();
    for (let length = 0; length < packet.length; length++) {
      const beginning = packet.subarray(0, length);
      if (allowed.has(Buffer.from(beginning).toString('hex'))) continue;
      expect([length, codeOf(() => decode(beginning))]).toEqual([length, expect.stringMatching(FINE)]);
    }
  }
}
