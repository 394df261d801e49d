// What a faulty device sends must not become a reading: no decoder of the gateway takes any packet that a simulated device damaged.
import { BLE_KINDS, type BleKind, createPeripheral, type Packet } from '@vitalseal/firmware-sim';
import { describeCharacteristic } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { everythingSent } from '../site/everything-sent.ts';

const START = Date.UTC(2026, 10, 21, 5, 30);
const CONTROL_POINTS = ['2A52', '2AAC', '2BF4'];
/** Observations in one segment: a damaged one of several is known as such only with the others. */
const WHOLE = { notificationOctets: 64 };
const KINDS = Object.keys(BLE_KINDS) as BleKind[];

/** Stored records and live values, all of them damaged, without the answers of control points. */
function damaged(kind: BleKind, seed: number): Packet[] {
  const address = 'C0:26:DA:00:00:09';
  const peripheral = createPeripheral({ kind, address, seed, startMs: START, records: 30, bad: 1, ...WHOLE });
  return everythingSent(peripheral, START).filter(({ characteristic: { uuid } }) => !CONTROL_POINTS.includes(uuid));
}

/** The code with which it is refused; null: it is taken. */
function refusal({ characteristic: { uuid }, bytes }: Packet): string | null {
  try {
    describeCharacteristic(uuid, bytes);
    return null;
  } catch (error) {
    if (error instanceof VitalsealError) return error.code;
    throw error;
  }
}

/** With which codes the packets of a kind are refused: each way of damage is one that the decoder sees by itself. */
const CODES: Readonly<Record<BleKind, readonly string[]>> = {
  'heart-rate': ['characteristic_reserved', 'characteristic_truncated'],
  oximeter: ['characteristic_reserved', 'characteristic_truncated', 'time_malformed'],
  thermometer: ['characteristic_reserved', 'characteristic_truncated', 'time_malformed'],
  // Its reserved flags are tolerated, but not the field that they announce.
  cuff: ['characteristic_malformed', 'characteristic_truncated', 'time_malformed'],
  'glucose-ble': ['characteristic_reserved', 'characteristic_truncated', 'time_malformed'],
  cgm: ['characteristic_crc', 'characteristic_reserved', 'characteristic_truncated'],
  scale: ['characteristic_reserved', 'characteristic_truncated', 'time_malformed'],
  'health-sensor': ['characteristic_reserved', 'characteristic_truncated'],
};

describe.each(KINDS)('a faulty %s', (kind) => {
  it('is refused in every packet that it sends', () => {
    const codes = new Set<string | null>();
    for (let seed = 1; seed <= 10; seed++) {
      const packets = damaged(kind, seed);
      expect(packets.length).toBeGreaterThan(20);
      for (const packet of packets) {
        expect(packet).toMatchObject({ damaged: true, readings: [] });
        const code = refusal(packet);
        expect([packet.characteristic.uuid, Buffer.from(packet.bytes).toString('hex'), code]).toEqual([
          expect.any(String),
          expect.any(String),
          expect.any(String),
        ]);
        codes.add(code);
      }
    }
    expect([...codes].sort()).toEqual(CODES[kind]);
  });
});
