// A look at a device's clock: how far it is from the gateway's, how surely, and whether it can be right at all.

/** Why a device's time cannot be trusted; as it stands in the context of its readings. */
export type ClockFault =
  /** No date, or one that does not exist: never set, or lost with the battery. */
  | 'unset'
  /** Went by another time than the gateway's clock did, since the last look. */
  | 'jumped'
  /** More than a day off, after every time zone. */
  | 'far-off';

export interface ClockLook {
  /** Device minus gateway, ms; includes the zone, since devices send local time without one. 0 where it sent no date. */
  readonly offsetMs: number;
  /** ± ms: half the round trip, and the resolution of the device's clock. */
  readonly uncertaintyMs: number;
  /** What of the offset is a time zone by all appearance: a multiple of 15 minutes; 0 for none. */
  readonly zoneMs: number;
  readonly fault: ClockFault | null;
  /** The gateway's monotonic clock at the look. */
  readonly monotonicMs: number;
}
