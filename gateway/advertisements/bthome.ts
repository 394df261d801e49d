// BTHome v2 (service data FCD2, bthome.io): one octet of flags, then objects, each by its number. Many makers' sensors and
// firmwares speak it. Encrypted ones are refused: nobody gave us their keys.
import { toHex, VitalsealError } from '@vitalseal/ledger';
import type { Measured } from '../decoding/stamp.ts';
import { hasBit } from '../profiles/bits.ts';
import type { Fact } from '../profiles/decoded.ts';
import { decimal } from '../profiles/measured.ts';
import { Packet } from '../profiles/packet.ts';
import type { Advertisement, DecodedAdvertisement } from './advertisement.ts';
import { type BthomeObject, bthomeObject, VARIABLE } from './bthome-objects.ts';
import { heard, heardTogether } from './heard.ts';

const VERSION = 2;
const MAC_OCTETS = 6;
/** The battery in percent goes to 100. */
const BATTERY = 'MDC_ATTR_VAL_BATT_CHARGE';

export function bthome({ serviceData }: Advertisement): DecodedAdvertisement | null {
  const bytes = serviceData.get('FCD2');
  if (bytes === undefined) return null;
  const packet = new Packet(bytes);
  const flags = packet.uint8();
  const version = flags >> 5;
  if (version !== VERSION) throw new VitalsealError('characteristic_reserved', 'another version of BTHome than 2');
  if (hasBit(flags, 0)) throw new VitalsealError('characteristic_unknown', 'encrypted, and there is no key');
  const facts: Record<string, Fact> = { flags, version, triggerBased: hasBit(flags, 2) };
  if (hasBit(flags, 1)) facts.mac = toHex(packet.take(MAC_OCTETS).toReversed());
  const readings: Measured[] = [];
  const objects: Fact[] = [];
  while (packet.left > 0) {
    const id = packet.uint8();
    const object = bthomeObject(id);
    if (object === null) {
      // Objects come in the order of their numbers, so that a receiver can stop at what is newer than itself.
      objects.push({ id, name: null, raw: toHex(packet.rest()) });
      break;
    }
    const raw = packet.take(object.octets === VARIABLE ? packet.uint8() : object.octets);
    const number = integer(raw, object.signed);
    objects.push({ id, name: object.name, raw: object.octets === VARIABLE ? toHex(raw) : number });
    if (object.name === 'packetId') facts.packetId = number;
    if (object.unit !== null) readings.push(reading(object, object.unit, number));
  }
  facts.objects = objects;
  const measurements = readings.length === 0 ? [] : [heardTogether(bytes, readings, facts)];
  return { format: 'bthome-v2', measurements, repeat: `bthome-v2/${toHex(bytes)}` };
}

function reading({ name, factor, exponent }: BthomeObject, unit: string, number: number): Measured {
  if (name === BATTERY && number > 100) {
    throw new VitalsealError('characteristic_reserved', 'a battery level is at most 100 %');
  }
  return heard(name, unit, decimal(number * factor, exponent));
}

/** Little-endian, up to 4 octets; of more (a text) the number means nothing. */
function integer(raw: Uint8Array, signed: boolean): number {
  const value = raw.slice(0, 4).reduceRight((sum, octet) => sum * 256 + octet, 0);
  const range = 256 ** raw.length;
  return signed && value >= range / 2 ? value - range : value;
}
