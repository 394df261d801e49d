// The types that packets are made of, alone: for the engineer who has two bytes and wonders what they say.
import { isVitalsealError, type Value } from '@vitalseal/ledger';
import { e2eCrc } from './crc.ts';
import { type Facts, NOTHING } from './decoded.ts';
import { readFloat, readSfloat } from './float.ts';
import { Packet } from './packet.ts';

export interface BareValue {
  /** Text for what the ledger has no value for (`RESERVED`); null for a type that has none. */
  readonly value: Value | null;
  readonly facts: Facts;
}

export interface BareType {
  readonly name: string;
  /** Throws `characteristic_truncated`, `characteristic_malformed`. */
  readonly decode: (bytes: Uint8Array) => BareValue;
}

export const BARE_TYPES: Readonly<Record<string, BareType>> = {
  SFLOAT: { name: 'IEEE 11073-20601 SFLOAT', decode: (bytes) => decimalFloat(bytes, readSfloat) },
  FLOAT: { name: 'IEEE 11073-20601 FLOAT', decode: (bytes) => decimalFloat(bytes, readFloat) },
  'E2E-CRC16-MCRF4XX': { name: 'E2E-CRC', decode: checksum },
};

/** The reserved pattern is what it is here, and no fault of a packet. */
function decimalFloat(bytes: Uint8Array, read: (packet: Packet) => Value): BareValue {
  const packet = new Packet(bytes);
  let value: Value;
  try {
    value = read(packet);
  } catch (error) {
    if (!isVitalsealError(error, 'characteristic_reserved')) throw error;
    value = { kind: 'text', text: 'RESERVED' };
  }
  packet.end();
  return { value, facts: NOTHING };
}

/** Of all bytes: what a device would send behind them. */
function checksum(bytes: Uint8Array): BareValue {
  return { value: null, facts: { crc: e2eCrc(bytes) } };
}
