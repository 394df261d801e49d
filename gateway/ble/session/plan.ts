// What is done with a device once its characteristics are known, in order: what it is, its clock, all subscriptions (the
// control points' among them, before anything is asked of them), then the stored records of each service.
import type { GattCharacteristic } from '../radio.ts';

/** A characteristic whose values are taken. */
export interface Subscription {
  readonly handle: string;
  readonly uuid: string;
  readonly service: string;
  readonly role:
    | 'readings'
    /** Record Access Control Point: answers about records. */
    | 'racp'
    /** Another control point, whose answers carry no readings. */
    | 'control'
    /** Generic Health Sensor: one observation in several packets. */
    | 'segments';
}

export type PlanStep =
  | {
      readonly do: 'read';
      readonly what: 'about' | 'battery' | 'clock' | 'session-start';
      readonly handle: string;
      readonly uuid: string;
    }
  | { readonly do: 'subscribe'; readonly to: Subscription }
  /** Loads the cursors. */
  | { readonly do: 'load' }
  /** The stored records of a service, over its RACP. */
  | { readonly do: 'records'; readonly service: string; readonly handle: string }
  | { readonly do: 'write'; readonly handle: string; readonly uuid: string; readonly bytes: Uint8Array }
  | { readonly do: 'set-clock'; readonly handle: string; readonly uuid: string };

export function planFor(characteristics: readonly GattCharacteristic[]): readonly PlanStep[] {
  return characteristics.length === 0 ? [] : [];
}
