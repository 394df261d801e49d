// What all readings of one message share: the device, the gateway's clocks at arrival, and the number of their group.
import { CONTEXT, type ReadingContext } from '@vitalseal/ledger';
import type { ClockSample, UncountedReading } from '../contract.ts';

export interface Stamp extends ClockSample {
  readonly device: string;
  readonly group: number;
}

/** What the payload says of one reading; `context` entries are added to what the gateway itself finds. */
export type Measured = Pick<UncountedReading, 'code' | 'mdc' | 'unit' | 'value' | 'deviceTime' | 'context'>;

/** A reading: what was measured, with the stamp of its message. */
export function stamped(m: Measured, stamp: Stamp): UncountedReading {
  // Written out, in one order: all readings get one hidden class, which the inbox's encoder is fast with.
  return {
    device: stamp.device,
    code: m.code,
    mdc: m.mdc,
    unit: m.unit,
    value: m.value,
    deviceTime: m.deviceTime,
    wallMs: stamp.wallMs,
    monotonicMs: stamp.monotonicMs,
    clock: stamp.clock,
    group: stamp.group,
    context: m.context,
  };
}

const UNMAPPED: ReadingContext = new Map([[CONTEXT.unmapped, true]]);

/** The context of a name that no table knows, shared while nothing else is to be said. */
export function unmappedContext(): ReadingContext {
  return UNMAPPED;
}
