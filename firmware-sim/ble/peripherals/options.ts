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
  /** How many records it holds at the beginning, where it stores any (default 0; of a meter, CGM or health sensor 12). */
  readonly records?: number;
  /** Number of the first of them (default 1), of 16 bits, of a health sensor's 32: after the greatest it goes on at 0. */
  readonly firstSequence?: number;
  /** Reports records in another order than it stored them (default: not). */
  readonly shuffles?: boolean;
  /** A meter that also sends what it has just measured, unasked (default: not). */
  readonly sendsLive?: boolean;
  /**
   * A meter or health sensor measures by itself so often while it is switched on; 0: when it is told to. Default: a meter
   * when it is told to, a health sensor in its own rhythm while it sends live.
   */
  readonly measuresEveryMs?: number;
  /** What a health sensor puts into one notification, its segment's header and all (default 20, which every link carries). */
  readonly notificationOctets?: number;
}
