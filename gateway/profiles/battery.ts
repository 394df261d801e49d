// Battery Level (2A19, Battery Service): how full a device's battery is.
import { VitalsealError } from '@vitalseal/ledger';
import { type CharacteristicTable, type DecodedPacket, NOTHING, oneMeasurement } from './decoded.ts';
import { decimal, measured } from './measured.ts';
import { Packet } from './packet.ts';

function decodeLevel(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const level = packet.uint8();
  packet.end();
  if (level > 100) throw new VitalsealError('characteristic_reserved', 'a battery level is at most 100 %');
  return oneMeasurement(bytes, [measured('MDC_ATTR_VAL_BATT_CHARGE', '%', decimal(level))], NOTHING);
}

export const BATTERY: CharacteristicTable = {
  '2A19': { name: 'Battery Level', decode: decodeLevel },
};
