// The Health Thermometer service: a finished temperature (2A1C), one while it is still being measured (2A1E), where on
// the body it is taken (2A1D), and how often (2A21).
import { hasBit, knownFlags, nameOf } from './bits.ts';
import { readDateTime } from './date-time.ts';
import { type CharacteristicTable, type DecodedPacket, factsOnly, oneMeasurement } from './decoded.ts';
import { readFloat } from './float.ts';
import { measured } from './measured.ts';
import { Packet } from './packet.ts';

const SITES: Readonly<Record<number, string>> = {
  1: 'armpit',
  2: 'body',
  3: 'ear',
  4: 'finger',
  5: 'gastrointestinalTract',
  6: 'mouth',
  7: 'rectum',
  8: 'toe',
  9: 'tympanum',
};

/** Of both: an intermediate temperature differs by its characteristic alone, and says so in its context. */
function decodeTemperature(bytes: Uint8Array, intermediate: boolean): DecodedPacket {
  const packet = new Packet(bytes);
  const flags = knownFlags(packet.uint8(), 0b111);
  const value = readFloat(packet);
  const deviceTime = hasBit(flags, 1) ? readDateTime(packet) : null;
  const type = hasBit(flags, 2) ? packet.uint8() : null;
  packet.end();
  const context = {
    bodySite: type === null ? null : SITES[type],
    sourceName: intermediate ? 'intermediate' : null,
  };
  const unit = hasBit(flags, 0) ? '[degF]' : 'Cel';
  return oneMeasurement(bytes, [measured('MDC_TEMP_BODY', unit, value, { deviceTime, context })], {
    flags,
    ...(deviceTime === null ? {} : { timestamp: deviceTime }),
    ...(type === null ? {} : { type, typeName: nameOf(type, SITES) }),
    ...(intermediate ? { intermediate } : {}),
  });
}

function decodeType(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const type = packet.uint8();
  packet.end();
  return factsOnly({ type, typeName: nameOf(type, SITES) });
}

/** Seconds; 0: only when asked, or when somebody measures. */
function decodeInterval(bytes: Uint8Array): DecodedPacket {
  const packet = new Packet(bytes);
  const measurementInterval = packet.uint16();
  packet.end();
  return factsOnly({ measurementInterval });
}

export const THERMOMETER: CharacteristicTable = {
  '2A1C': { name: 'Temperature Measurement', decode: (bytes) => decodeTemperature(bytes, false) },
  '2A1D': { name: 'Temperature Type', decode: decodeType },
  '2A1E': { name: 'Intermediate Temperature', decode: (bytes) => decodeTemperature(bytes, true) },
  '2A21': { name: 'Measurement Interval', decode: decodeInterval },
};
