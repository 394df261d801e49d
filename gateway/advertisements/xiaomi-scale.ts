// Xiaomi scales: the first (service data 181D) and the Body Composition Scale (181B). They advertise while somebody stands
// on them and repeat the last weight for a while after. Layout: openScale, ble_monitor, wiecosystem/Bluetooth, Theengs.
import type { Value } from '@vitalseal/ledger';
import { VitalsealError } from '@vitalseal/ledger';
import { bits, hasBit } from '../profiles/bits.ts';
import { readDateTime } from '../profiles/date-time.ts';
import { decimal } from '../profiles/measured.ts';
import { Packet } from '../profiles/packet.ts';
import type { Advertisement, DecodedAdvertisement } from './advertisement.ts';
import { heard, heardTogether } from './heard.ts';

const NAMES = /^(MI[ _]?SCALE|MIBFS|MIBCS)/i;
const V1_BYTES = 10;
const V2_BYTES = 13;
/** From here on the number is the scale's way to say that the feet were not bare. */
const IMPEDANCE_ERRORS = 0xfff0;

type Unit = 'kg' | 'lb' | 'jin';

interface Weighing {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly control: number;
  readonly controlNames: readonly string[];
  readonly stabilised: boolean;
  readonly removed: boolean;
  /** A thing on the scale, too light or put down too gently to be a person. */
  readonly object: boolean;
  readonly unit: Unit;
  readonly weight: number;
  readonly time: string;
  /** Null where the scale has no electrodes, or is not done yet. */
  readonly impedance: number | null;
}

export function xiaomiScaleV1(advertisement: Advertisement): DecodedAdvertisement | null {
  const bytes = scaleData(advertisement, '181D', V1_BYTES);
  if (bytes === null) return null;
  const packet = new Packet(bytes);
  const control = packet.uint8();
  const weight = packet.uint16();
  const time = readDateTime(packet);
  return weighed({
    format: 'xiaomi-scale-v1',
    bytes,
    control,
    controlNames: bits(control, ['lb', null, null, null, 'jin', 'stabilised', 'object', 'removed']),
    stabilised: hasBit(control, 5),
    removed: hasBit(control, 7),
    object: hasBit(control, 6),
    unit: unitOf(hasBit(control, 4), hasBit(control, 0)),
    weight,
    time,
    impedance: null,
  });
}

export function xiaomiScaleV2(advertisement: Advertisement): DecodedAdvertisement | null {
  const bytes = scaleData(advertisement, '181B', V2_BYTES);
  if (bytes === null) return null;
  const packet = new Packet(bytes);
  const control = packet.uint16();
  const time = readDateTime(packet);
  const impedance = packet.uint16();
  const weight = packet.uint16();
  return weighed({
    format: 'xiaomi-scale-v2',
    bytes,
    control,
    controlNames: bits(control, [
      'lb',
      null,
      'object',
      null,
      null,
      null,
      null,
      null,
      null,
      'impedanceStabilised',
      null,
      null,
      null,
      'stabilised',
      'jin',
      'removed',
    ]),
    stabilised: hasBit(control, 13),
    removed: hasBit(control, 15),
    object: hasBit(control, 2),
    unit: unitOf(hasBit(control, 14), hasBit(control, 0)),
    weight,
    time,
    impedance: hasBit(control, 9) ? impedance : null,
  });
}

/** The UUIDs are the SIG's: what has another length is another maker's, unless the name says Xiaomi. */
function scaleData({ serviceData, name }: Advertisement, uuid: string, length: number): Uint8Array | null {
  const bytes = serviceData.get(uuid);
  if (bytes === undefined || bytes.length === length) return bytes ?? null;
  if (!NAMES.test(name ?? '')) return null;
  throw new VitalsealError(
    bytes.length < length ? 'characteristic_truncated' : 'characteristic_malformed',
    'a scale’s advertisement of another length',
  );
}

function unitOf(jin: boolean, pound: boolean): Unit {
  if (jin) return 'jin';
  return pound ? 'lb' : 'kg';
}

/** Only a weight that has settled is one; after the person has stepped off, it is the old one again. */
function weighed(w: Weighing): DecodedAdvertisement {
  const { format, bytes, unit, weight, time } = w;
  const impedance = w.impedance !== null && w.impedance > 0 && w.impedance < IMPEDANCE_ERRORS ? w.impedance : null;
  // The impedance follows the weight by seconds: with it the measurement is another, which says the weight again.
  const repeat = [format, time, unit, weight, w.object, impedance].join('/');
  if (!w.stabilised || w.removed) return { format, measurements: [], repeat };
  const options = { deviceTime: time, context: { sourceUnit: unit === 'jin' ? 'jin' : null, status: w.control } };
  const readings = [
    // A parcel has no body weight.
    heard(
      w.object ? 'objectMass' : 'MDC_MASS_BODY_ACTUAL',
      unit === 'lb' ? '[lb_av]' : 'kg',
      mass(weight, unit),
      options,
    ),
  ];
  if (impedance !== null) {
    readings.push(
      heard('bodyImpedance', 'Ohm', decimal(impedance), { deviceTime: time, context: { status: w.control } }),
    );
  }
  const facts = {
    control: w.control,
    controlNames: w.controlNames,
    weighingMode: w.object ? 'object' : 'person',
    unit,
    weight,
    time,
    impedance: w.impedance,
  };
  return { format, measurements: [heardTogether(bytes, readings, facts)], repeat };
}

/** Pounds and jin have hundredths; kilograms have steps of 0.005, which is also what 0.01 jin is. */
function mass(weight: number, unit: Unit): Value {
  return unit === 'lb' ? decimal(weight, -2) : decimal(weight * 5, -3);
}
