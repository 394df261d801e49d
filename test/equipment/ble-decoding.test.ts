// The simulated Bluetooth devices and the gateway share no code: whether they understand each other is seen only here.

import { formatDecimal } from '@vitalseal/ledger';
import { describe, expect, it } from 'vitest';
import { BLE_KINDS, type BleKind, createPeripheral } from '../../firmware-sim/ble/kinds.ts';
import type { Packet, Peripheral } from '../../firmware-sim/ble/peripheral.ts';
import { decimalText, type SimReading } from '../../firmware-sim/reading.ts';
import { decodeCharacteristic } from '../../gateway/profiles/characteristics.ts';

const START = Date.UTC(2026, 10, 21, 5, 30);
const RACP_ALL = Uint8Array.of(1, 1);
const KINDS = Object.keys(BLE_KINDS) as BleKind[];

function meter(kind: BleKind): Peripheral {
  return createPeripheral({ kind, address: 'C0:26:DA:00:00:09', seed: 4, startMs: START, records: 30 });
}

const characteristics = (peripheral: Peripheral) => peripheral.services.flatMap((service) => service.characteristics);

/** Ten minutes of everything that the device sends, its stored records first. */
function everything(peripheral: Peripheral): Packet[] {
  const all = characteristics(peripheral);
  for (const characteristic of all) {
    if (characteristic.flags.some((flag) => flag === 'notify' || flag === 'indicate')) {
      peripheral.subscribe(characteristic, true, START);
    }
  }
  all.find(({ uuid }) => uuid === '2A52')?.write?.(RACP_ALL, START);
  return Array.from({ length: 600 }, (_, second) => peripheral.due(START + second * 1000)).flat();
}

const said = ({ code, unit, value }: SimReading) => [
  code,
  unit,
  value.kind === 'text' ? value.text : value.kind === 'decimal' ? String(Number(decimalText(value))) : value.kind,
];

describe.each(KINDS)('the gateway reads a simulated %s', (kind) => {
  it('in every packet the readings that were measured, and the record that carries them', () => {
    const packets = everything(meter(kind));
    expect(packets.length).toBeGreaterThan(20);
    for (const { characteristic, bytes, readings, record } of packets) {
      const { measurements } = decodeCharacteristic(characteristic.uuid, bytes);
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
      if (record !== null && kind !== 'oximeter') expect(measurements[0]?.record?.sequence).toBe(record);
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
    expect(hex(everything(meter(kind)))).toEqual(hex(everything(meter(kind))));
  });
});
