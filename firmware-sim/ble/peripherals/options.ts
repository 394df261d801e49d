// What all simulated Bluetooth devices can be told when they are made.
import type { Protection } from '../peripheral.ts';

export interface PeripheralOptions {
  readonly name: string;
  readonly serial: string;
  /** Of the characteristics that carry measurements (default none). */
  readonly protection?: Protection;
  /** How far its clock is ahead; behind when negative (default 0). */
  readonly clockErrorMs?: number;
  /** Percent (default 88). */
  readonly battery?: number;
}
