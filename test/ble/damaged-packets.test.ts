// What a faulty device sends must not become a reading: no decoder of the gateway takes any packet that a simulated device damaged.
import { BLE_KINDS, type BleKind, createPeripheral, type Packet } from '@vitalseal/firmware-sim';
import { describeCharacteristic } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';

const START = Date.UTC(2026, 10, 21, 5, 30);
const RACP_ALL = Uint8Array.of(1, 1);
const KINDS = Object.keys(BLE_KINDS) as BleKind[];

/** Stored records and live values, all of them damaged, without the answers of control points. */
function damaged(kind: BleKind, seed: number): Packet[] {
  const address = 'C0:26:DA:00:00:09';
  const peripheral = createPeripheral({ kind, address, seed, startMs: START, records: 30, bad: 1 });
  const all = peripheral.services.flatMap(({ characteristics }) => characteristics);
  for (const characteristic of all) {
    const { flags } = characteristic;
    if (flags.includes('notify') || flags.includes('indicate')) peripheral.subscribe(characteristic, true, START);
  }
  all.find(({ uuid }) => uuid === '2A52')?.write?.(RACP_ALL, START);
  const packets = Array.from({ length: 600 }, (_, second) => peripheral.due(START + second * 1000)).flat();
  return packets.filter(({ characteristic: { uuid } }) => uuid !== '2A52' && uuid !== '2AAC');
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

describe.each(KINDS)('a faulty %s', (kind) => {
  it('is refused in every packet that it sends', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const packets = damaged(kind, seed);
      expect(packets.length).toBeGreaterThan(20);
      for (const packet of packets) {
        expect(packet).toMatchObject({ damaged: true, readings: [] });
        expect([packet.characteristic.uuid, Buffer.from(packet.bytes).toString('hex'), refusal(packet)]).toEqual([
          expect.any(String),
          expect.any(String),
          expect.stringMatching(/^(characteristic_(truncated|malformed|crc)|time_malformed)$/),
        ]);
      }
    }
  });
});
