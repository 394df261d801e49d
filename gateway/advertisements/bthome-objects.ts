// The objects of BTHome v2 (bthome.io), by number: how long each is, and which of them are worth a reading beside a person:
// what room and scale say, and the battery. The others are known only to be stepped over, and shown as they are.

export interface BthomeObject {
  readonly name: string;
  readonly octets: number;
  readonly signed: boolean;
  /** value = raw × factor × 10^exponent. */
  readonly factor: number;
  readonly exponent: number;
  /** UCUM; null: no reading is made of it. */
  readonly unit: string | null;
}

/** Octets that follow the object are preceded by how many. */
export const VARIABLE = 0;

type Row = readonly [id: number, name: string, octets: number, unit?: string, exponent?: number];

/** All others count from zero. */
const SIGNED: ReadonlySet<number> = new Set([
  0x02, 0x08, 0x3f, 0x45, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x62, 0x63,
]);

const READ: readonly Row[] = [
  [0x01, 'MDC_ATTR_VAL_BATT_CHARGE', 1, '%'],
  [0x02, 'temperature', 2, 'Cel', -2],
  [0x03, 'humidity', 2, '%', -2],
  [0x04, 'airPressure', 3, 'hPa', -2],
  [0x06, 'mass', 2, 'kg', -2],
  [0x07, 'mass', 2, '[lb_av]', -2],
  [0x0d, 'pm25', 2, 'ug/m3'],
  [0x0e, 'pm10', 2, 'ug/m3'],
  [0x12, 'carbonDioxide', 2, '[ppm]'],
  [0x13, 'volatileOrganicCompounds', 2, 'ug/m3'],
  [0x2e, 'humidity', 1, '%'],
  [0x45, 'temperature', 2, 'Cel', -1],
  [0x57, 'temperature', 1, 'Cel'],
  [0x58, 'temperature', 1, 'Cel', -2],
];

const SHOWN: readonly Row[] = [
  [0x00, 'packetId', 1],
  [0x05, 'illuminance', 3],
  [0x08, 'dewPoint', 2],
  [0x09, 'count', 1],
  [0x0a, 'energy', 3],
  [0x0b, 'power', 3],
  [0x0c, 'voltage', 2],
  [0x14, 'moisture', 2],
  [0x2f, 'moisture', 1],
  [0x3a, 'button', 1],
  [0x3c, 'dimmer', 2],
  [0x3d, 'count', 2],
  [0x3e, 'count', 4],
  [0x3f, 'rotation', 2],
  [0x40, 'distance', 2],
  [0x41, 'distance', 2],
  [0x42, 'duration', 3],
  [0x43, 'current', 2],
  [0x44, 'speed', 2],
  [0x46, 'uvIndex', 1],
  [0x47, 'volume', 2],
  [0x48, 'volume', 2],
  [0x49, 'volumeFlowRate', 2],
  [0x4a, 'voltage', 2],
  [0x4b, 'gas', 3],
  [0x4c, 'gas', 4],
  [0x4d, 'energy', 4],
  [0x4e, 'volume', 4],
  [0x4f, 'water', 4],
  [0x50, 'timestamp', 4],
  [0x51, 'acceleration', 2],
  [0x52, 'gyroscope', 2],
  [0x53, 'text', VARIABLE],
  [0x54, 'raw', VARIABLE],
  [0x55, 'volumeStorage', 4],
  [0x56, 'conductivity', 2],
  [0x59, 'count', 1],
  [0x5a, 'count', 2],
  [0x5b, 'count', 4],
  [0x5c, 'power', 4],
  [0x5d, 'current', 2],
  [0x5e, 'direction', 2],
  [0x5f, 'precipitation', 2],
  [0x60, 'channel', 1],
  [0x61, 'rotationalSpeed', 2],
  [0x62, 'speed', 4],
  [0x63, 'acceleration', 4],
  [0x64, 'lightLevel', 1],
];

/** States of one octet, on or off: from 0x0F, and from 0x15. */
const STATES: readonly (readonly [from: number, names: string])[] = [
  [0x0f, 'generic power opening'],
  [
    0x15,
    'batteryLow batteryCharging carbonMonoxide cold connectivity door garageDoor gas heat light lock moisture motion moving ' +
      'occupancy plug presence problem running safety smoke sound tamper vibration window',
  ],
];

/** Steps of 0.35 °C. */
const COARSE_TEMPERATURE = 0x58;

function objectOf([id, name, octets, unit, exponent = 0]: Row): [number, BthomeObject] {
  const factor = id === COARSE_TEMPERATURE ? 35 : 1;
  return [id, { name, octets, signed: SIGNED.has(id), factor, exponent, unit: unit ?? null }];
}

const OBJECTS: ReadonlyMap<number, BthomeObject> = new Map([
  ...[...READ, ...SHOWN].map(objectOf),
  ...STATES.flatMap(([from, names]) => names.split(' ').map((name, nth) => objectOf([from + nth, name, 1]))),
]);

/** Null for an object of a later version: whatever follows it cannot be found. */
export function bthomeObject(id: number): BthomeObject | null {
  return OBJECTS.get(id) ?? null;
}
