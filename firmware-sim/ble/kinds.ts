// The kinds of Bluetooth devices that can be simulated, by the name that the command line uses.
import { seededRandom } from '../random.ts';
import type { Peripheral, Protection } from './peripheral.ts';
import { heartRateStrap } from './peripherals/heart-rate.ts';

export const BLE_KINDS = { 'heart-rate': heartRateStrap } as const;
export type BleKind = keyof typeof BLE_KINDS;

export function isBleKind(name: string): name is BleKind {
  return Object.hasOwn(BLE_KINDS, name);
}

/** A device to simulate; plain data, so that another process can be told. */
export interface PeripheralSpec {
  readonly kind: BleKind;
  /** `C0:26:DA:01:02:03`. */
  readonly address: string;
  /** Default random, as most wearables have. */
  readonly addressType?: 'public' | 'random';
  /** Default: the kind and the end of the address. */
  readonly name?: string;
  /** The same seed gives the same measurements (default: the address). */
  readonly seed?: number | string;
  /** Of the characteristics that carry measurements (default none). */
  readonly protection?: Protection;
  /** How far its clock is ahead; behind when negative (default 0). */
  readonly clockErrorMs?: number;
  readonly battery?: number;
  /** Live packets a second in place of its own rhythm. */
  readonly rate?: number;
}

export function createPeripheral(spec: PeripheralSpec): Peripheral {
  const { kind, address, rate, addressType: _addressType, seed, ...rest } = spec;
  const serial = address.replaceAll(':', '').slice(-6);
  const options = { ...rest, name: spec.name ?? `Sim ${kind} ${serial.slice(-4)}`, serial };
  const peripheral = BLE_KINDS[kind](seededRandom(seed ?? address), options);
  if (rate !== undefined) peripheral.setRate(rate);
  return peripheral;
}
