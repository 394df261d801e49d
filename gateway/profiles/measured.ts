// One measured value of a packet, by its name in the one table of measurements. A name that the table does not have is
// the decoder's own, in camelCase, and says so in its context.
import { CONTEXT, type ContextName, type Reading, type ReadingContext, type Value } from '@vitalseal/ledger';
import { termOfRefid } from '../codes/mdc.ts';
import { type Measured, unmappedContext } from '../decoding/stamp.ts';

type ContextEntry = NonNullable<ReturnType<ReadingContext['get']>>;

/** Context by name; what is undefined or null is left out. */
export type NamedContext = { readonly [name in ContextName]?: ContextEntry | null | undefined };

export interface MeasuredOptions {
  /** As the device gave it. */
  readonly deviceTime?: Reading['deviceTime'];
  readonly context?: NamedContext;
}

/** `refid` is an MDC reference id of the table, or an own camelCase name. `unit` is UCUM. */
export function measured(refid: string, unit: string, value: Value, options: MeasuredOptions = {}): Measured {
  const mdc = termOfRefid(refid)?.mdc ?? null;
  return {
    code: refid,
    mdc,
    unit,
    value,
    deviceTime: options.deviceTime ?? null,
    context: contextOf(options.context ?? {}, mdc === null),
  };
}

/** mantissa × 10^exponent. */
export function decimal(mantissa: number, exponent = 0): Value {
  return { kind: 'decimal', mantissa, exponent };
}

/** What a device sends instead of a number when it could not measure. */
export const NOT_A_NUMBER: Value = { kind: 'special', special: 'NaN' };

function contextOf(named: NamedContext, unmapped: boolean): ReadingContext | null {
  const context = new Map<number, ContextEntry>();
  for (const [name, entry] of Object.entries(named)) {
    if (entry !== null && entry !== undefined) context.set(CONTEXT[name as ContextName], entry);
  }
  if (context.size === 0) return unmapped ? unmappedContext() : null;
  if (unmapped) context.set(CONTEXT.unmapped, true);
  return context;
}
