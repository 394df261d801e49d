// The kinds of Bluetooth devices that can be simulated, by the name that the command line uses, and one of them made from a
// plain description.
import { seededRandom } from '../random.ts';
import { damaging } from './damage.ts';
import type { Advertisement, Peripheral } from './peripheral.ts';
import { cgm } from './peripherals/cgm.ts';
import { cuff } from './peripherals/cuff.ts';
import { glucoseMeter } from './peripherals/glucose-meter.ts';
import { healthSensor } from './peripherals/health-sensor.ts';
import { heartRateStrap } from './peripherals/heart-rate.ts';
import type { PeripheralOptions } from './peripherals/options.ts';
import { oximeter } from './peripherals/oximeter.ts';
import { scale } from './peripherals/scale.ts';
import { thermometer } from './peripherals/thermometer.ts';

export const BLE_KINDS = {
  'heart-rate': heartRateStrap,
  oximeter,
  thermometer,
  cuff,
  'glucose-ble': glucoseMeter,
  cgm,
  scale,
  'health-sensor': healthSensor,
} as const;
export type BleKind = keyof typeof BLE_KINDS;

/** A device to simulate; plain data, so that another process can be told. */
export interface PeripheralSpec extends Partial<Omit<PeripheralOptions, 'serial'>> {
  readonly kind: BleKind;
  /** `C0:26:DA:01:02:03`. */
  readonly address: string;
  /** Default random, as most wearables have. */
  readonly addressType?: 'public' | 'random';
  /** The same seed gives the same measurements (default: the address). */
  readonly seed?: number | string;
  /** Live packets a second in place of its own rhythm. */
  readonly rate?: number;
  /** The share (0 to 1) of its packets that is damaged as by a faulty device (default 0). */
  readonly bad?: number;
  /** In place of the services that the kind advertises, shortened. */
  readonly advertises?: readonly string[];
  /** Hex by shortened service UUID. */
  readonly serviceData?: Readonly<Record<string, string>>;
  /** Hex by company identifier. */
  readonly manufacturerData?: Readonly<Record<number, string>>;
}

/** `atMs`: when it begins (Unix ms; default: `startMs` of the description, else now). */
export function createPeripheral(spec: PeripheralSpec, atMs: number = spec.startMs ?? Date.now()): Peripheral {
  const { kind, address, rate, bad = 0, addressType: _type, seed = spec.address, ...more } = spec;
  const { advertises, serviceData, manufacturerData, ...rest } = more;
  const serial = address.replaceAll(':', '').slice(-6);
  const options = { ...rest, name: spec.name ?? `Sim ${kind} ${serial.slice(-4)}`, serial, startMs: atMs };
  const random = seededRandom(seed);
  const sound = BLE_KINDS[kind](random, options);
  const peripheral = bad > 0 ? damaging(sound, bad, random.fork('damage')) : sound;
  if (rate !== undefined) peripheral.setRate(rate);
  if (advertises === undefined && serviceData === undefined && manufacturerData === undefined) return peripheral;
  const advertisement = (at: number): Advertisement => {
    const own = peripheral.advertisement(at);
    return {
      name: own.name,
      services: advertises ?? own.services,
      serviceData: serviceData ? bytesOf(serviceData) : own.serviceData,
      manufacturerData: manufacturerData ? bytesOf(manufacturerData) : own.manufacturerData,
    };
  };
  return { ...peripheral, advertisement };
}

function bytesOf(hex: Readonly<Record<string, string>>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(hex).map(([key, text]) => [key, Uint8Array.from(Buffer.from(text, 'hex'))]));
}
