// The Device Information service: who made the device, and which one it is. Texts are the maker's own; some end in
// zeros, as they were kept in a fixed field.
import { toHex } from '@vitalseal/ledger';
import { nameOf } from './bits.ts';
import { type CharacteristicTable, type DecodedPacket, type Decoder, factsOnly } from './decoded.ts';
import { utf8 } from './octet-text.ts';
import { Packet } from './packet.ts';

/** A text under `name`. Throws `characteristic_malformed` when it is not UTF-8. */
function text(name: string): Decoder {
  return (bytes) => {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    return factsOnly({ [name]: utf8(bytes.subarray(0, end)) });
  };
}

/** EUI-64 in two parts, each low byte first: 40 bits that the manufacturer chose, and 24 that were given to it. */
function decodeSystemId(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const manufacturer = toHex(packet.take(5).toReversed());
  const organisation = toHex(packet.take(3).toReversed());
  packet.end();
  return factsOnly({
    systemId: organisation + manufacturer,
    manufacturerIdentifier: manufacturer,
    organizationallyUniqueIdentifier: organisation,
  });
}

/** A list of certifications in ASN.1 of another standard: kept as it is. */
function decodeCertification(bytes: Uint8Array): DecodedPacket {
  return factsOnly({ regulatoryCertificationData: toHex(bytes) });
}

const VENDOR_SOURCES: Readonly<Record<number, string>> = { 1: 'bluetoothSig', 2: 'usbImplementersForum' };

function decodePnpId(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const vendorIdSource = packet.uint8();
  const facts = {
    vendorIdSource,
    vendorIdSourceName: nameOf(vendorIdSource, VENDOR_SOURCES),
    vendorId: packet.uint16(),
    productId: packet.uint16(),
    productVersion: packet.uint16(),
  };
  packet.end();
  return factsOnly(facts);
}

export const DEVICE_INFORMATION: CharacteristicTable = {
  '2A00': { name: 'Device Name', decode: text('deviceName') },
  '2A23': { name: 'System ID', decode: decodeSystemId },
  '2A24': { name: 'Model Number String', decode: text('modelNumber') },
  '2A25': { name: 'Serial Number String', decode: text('serialNumber') },
  '2A26': { name: 'Firmware Revision String', decode: text('firmwareRevision') },
  '2A27': { name: 'Hardware Revision String', decode: text('hardwareRevision') },
  '2A28': { name: 'Software Revision String', decode: text('softwareRevision') },
  '2A29': { name: 'Manufacturer Name String', decode: text('manufacturerName') },
  '2A2A': { name: 'IEEE 11073-20601 Regulatory Certification Data List', decode: decodeCertification },
  '2A50': { name: 'PnP ID', decode: decodePnpId },
};
