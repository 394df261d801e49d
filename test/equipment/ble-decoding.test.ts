// The simulated Bluetooth devices and the gateway share no code: whether they understand each other is seen only here.

import { formatDecimal } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { BLE_KINDS, type BleKind, createPeripheral } from '../../firmware-sim/ble/kinds.ts';
import type { Packet, Peripheral } from '../../firmware-sim/ble/peripheral.ts';
import { decimalText, type SimReading } from '../../firmware-sim/reading.ts';
import { decodeCharacteristic } from '../../gateway/profiles/characteristics.ts';
import type { Measurement } from '../../gateway/profiles/decoded.ts';
import { decodeObservation } from '../../gateway/profiles/health-sensor.ts';
import { assemble, NO_ASSEMBLY } from '../../gateway/profiles/health-sensor-segments.ts';
import { everythingSent } from '../site/everything-sent.ts';

const START = Date.UTC(2026, 10, 21, 5, 30);
const STORED_OBSERVATIONS = '2BDD';
const SEGMENTED = ['2B8B', STORED_OBSERVATIONS];
const KINDS = Object.keys(BLE_KINDS) as BleKind[];

function meter(kind: BleKind): Peripheral {
  return createPeripheral({ kind, address: 'C0:26:DA:00:00:09', seed: 4, startMs: START, records: 30 });
}

const characteristics = (peripheral: Peripheral) => peripheral.services.flatMap((service) => service.characteristics);

/** What comes of each packet, in order; of one of a health sensor's segments when it is the last. */
function gatewayReader(): (packet: Packet) => readonly Measurement[] {
  const assemblies = new Map(SEGMENTED.map((uuid) => [uuid, NO_ASSEMBLY]));
  return ({ characteristic: { uuid }, bytes }) => {
    const { measurements } = decodeCharacteristic(uuid, bytes);
    const before = assemblies.get(uuid);
    if (before === undefined) return measurements;
    const { assembly, whole, lost } = assemble(before, bytes);
    assemblies.set(uuid, assembly);
    expect(lost).toBeNull();
    return whole === null ? [] : decodeObservation(whole, uuid === STORED_OBSERVATIONS).measurements;
  };
}

const said = ({ code, unit, value }: SimReading) => [
  code,
  unit,
  value.kind === 'text' ? value.text : value.kind === 'decimal' ? String(Number(decimalText(value))) : value.kind,
];

describe.each(KINDS)('the gateway reads a simulated %s', (kind) => {
  it('in every packet the readings that were measured, and the record that carries them', () => {
    const packets = everythingSent(meter(kind), START);
    const read = gatewayReader();
    expect(packets.length).toBeGreaterThan(20);
    for (const packet of packets) {
      const { readings, record } = packet;
      const measurements = read(packet);
      const found = measurements.flatMap((measurement) =>
        measurement.readings.map(({ code, unit, value }) => [
          code,
          unit,
          value.kind === 'text'
            ? value.text
            : value.kind === 'decimal'
              ? String(Number(formatDecimal(value)))
              : value.kind,
        ]),
      );
      expect(found).toEqual(readings.map(said));
      // A stored spot check of an oximeter has a place, and no number in its packet.
      if (record !== null && readings.length > 0 && kind !== 'oximeter')
        expect(measurements[0]?.record?.sequence).toBe(record);
    }
  });

  it('in everything that can be read', () => {
    const peripheral = meter(kind);
    for (const { uuid, read } of characteristics(peripheral)) {
      if (read) expect(() => decodeCharacteristic(uuid, read(START))).not.toThrow();
    }
  });

  it('the same again for the same seed', () => {
    const hex = (packets: Packet[]) => packets.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    expect(hex(everythingSent(meter(kind), START))).toEqual(hex(everythingSent(meter(kind), START)));
  });
});
