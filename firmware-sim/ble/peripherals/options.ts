// What all simulated Bluetooth devices can be told when they are made.
import type { Protection } from '../peripheral.ts';

export interface PeripheralOptions {
  readonly name: string;
  readonly serial: string;
  /** When it is made (Unix ms): what it stores was measured before. */
  readonly startMs: number;
  /** Of the characteristics that carry measurements (default none). */
  readonly protection?: Protection;
  /** How far its clock is ahead; behind when negative (default 0). */
  readonly clockErrorMs?: number;
  /** Percent (default 88); null: it does not say. */
  readonly battery?: number | null;
  /** How many records it holds at the beginning, where it stores any (default 0; of a meter or CGM 12). */
  readonly records?: number;
  /** Number of the first of them (default 1); a counter of 16 bits that goes on at 0 after 65,535. */
  readonly firstSequence?: number;
  /** Reports records in another order than it stored them (default: not). */
  readonly shuffles?: boolean;
  /** A meter that also sends what it has just measured, unasked (default: not). */
  readonly sendsLive?: boolean;
  /** A meter measures by itself so often while it is switched on; 0 (default): when it is told to. */
  readonly measuresEveryMs?: number;
}
